import type { Compilable, CompiledQuery } from 'kysely';
import type { Queries } from './database.ts';

type Value = string | number | null;

/**
 * A query for paths that many requests take: built and compiled once per database, then run with the values of each
 * call, which are texts unless `build` says otherwise. Building one anew costs several times what SQLite needs to
 * answer it.
 */
export function prepared<
  const Name extends string,
  Row,
  Values extends Record<Name, Value> = Record<Name, string>,
>(
  names: readonly Name[],
  build: (queries: Queries, values: Values) => Compilable<Row>,
): (queries: Queries, values: Values) => Promise<Row[]> {
  const compiledBy = new WeakMap<object, CompiledQuery<Row>>();
  const nameOf = new Map<unknown, Name>(names.map((name) => [`\0${name}`, name]));
  const places = Object.fromEntries([...nameOf].map(([place, name]) => [name, place])) as Values;
  return async (queries, values) => {
    // The adapter stands for the database: transactions share it, and dialects write SQL of their own.
    const { adapter } = queries.getExecutor();
    let compiled = compiledBy.get(adapter);
    if (!compiled) {
      compiled = build(queries, places).compile();
      compiledBy.set(adapter, compiled);
    }
    const parameters = compiled.parameters.map((parameter) => {
      const name = nameOf.get(parameter);
      return name === undefined ? parameter : values[name];
    });
    return (await queries.executeQuery<Row>({ ...compiled, parameters })).rows;
  };
}
