/** What of a JSON answer is printed: fields by their names, and what a jq program makes of it. */
import { usageError } from '../errors.ts';

/** The values to print of one answer, each on a line of its own. */
export interface Shape {
  apply: (data: unknown) => {
    values: unknown[];
    isJq: boolean;
    unknownFields: string[];
    knownFields: string[];
  };
}

/** Values that one answer may become; more is a program that does not end. */
const MAX_VALUES = 1_000_000;

/** Reads `--json=FIELDS` and `--jq PROGRAM`; refuses a program that is none before anything is sent. */
export async function readShape({
  fields,
  jq,
}: {
  fields: string | undefined;
  jq: string | undefined;
}): Promise<Shape | undefined> {
  if (fields === undefined && jq === undefined) {
    return undefined;
  }
  const names = fields === undefined ? undefined : readFields(fields);
  const program = jq === undefined ? undefined : await compile(jq);
  return {
    apply: (data) => {
      const chosen = names === undefined ? { data, unknownFields: [], knownFields: [] } : choose(data, names);
      const values = program === undefined ? [chosen.data] : program(chosen.data);
      return { ...chosen, values, isJq: program !== undefined };
    },
  };
}

function readFields(given: string): string[] {
  const names = given.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) {
    throw usageError(
      `--json=${given} names no fields.`,
      'Give them with commas between them, such as --json=id,name; --json alone prints all.',
    );
  }
  return names;
}

/** Objects with these fields alone; of a list, of each of its items. */
function choose(data: unknown, names: readonly string[]) {
  const items = itemsOf(data);
  const objects = (items ?? [data]).filter((each) => typeof each === 'object' && each !== null);
  const knownFields = [...new Set(objects.flatMap((each) => Object.keys(each)))];
  const unknownFields = objects.length === 0 ? [] : names.filter((name) => !knownFields.includes(name));
  const pick = (value: unknown) =>
    Object.fromEntries(names.map((name) => [name, fieldOf(value, name) ?? null]));
  return { data: items === undefined ? pick(data) : items.map(pick), unknownFields, knownFields };
}

/** The items of a list, be it with its total beside it. */
function itemsOf(data: unknown): unknown[] | undefined {
  if (Array.isArray(data)) {
    return data;
  }
  const items = fieldOf(data, 'items');
  return Array.isArray(items) ? items : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
  return isThere ? (value as Record<string, unknown>)[name] : undefined;
}

/** Loaded only when it is asked for: most command lines need no jq. */
async function compile(program: string): Promise<(data: unknown) => unknown[]> {
  const { default: jq } = await import('@michaelhomer/jqjs');
  const wrong = (error: unknown) => {
    const words = error instanceof Error ? error.message : String(error);
    return usageError(`--jq ${program}: ${words}`, 'See https://jqlang.org/manual for the language.');
  };
  const compiled = attempt(() => jq.compile(program), wrong);
  return (data) =>
    attempt(() => {
      const values: unknown[] = [];
      for (const value of compiled(data)) {
        if (values.length >= MAX_VALUES) {
          throw new Error(`it makes more than ${MAX_VALUES} values of one answer`);
        }
        values.push(value);
      }
      return values;
    }, wrong);
}

function attempt<T>(work: () => T, wrong: (error: unknown) => Error): T {
  try {
    return work();
  } catch (error) {
    throw wrong(error);
  }
}
