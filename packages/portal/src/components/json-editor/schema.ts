/** What a JSON schema lets stand where; the schemas are those of the server's own description of its API. */
import type { Step } from './paths-in-json.ts';

export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

export type Schemas = Readonly<Record<string, Schema>>;

const REF = '#/components/schemas/';
/** Schemas name each other, and some themselves. */
const MAX_DEPTH = 20;

/** A schema and all that it may be instead, with references followed. */
function alternatives(schemas: Schemas, schema: Schema | undefined, depth = 0): Schema[] {
  if (schema === undefined || depth > MAX_DEPTH) {
    return [];
  }
  if (schema.$ref !== undefined) {
    return alternatives(schemas, schemas[schema.$ref.slice(REF.length)], depth + 1);
  }
  const others = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return [schema, ...others.flatMap((other) => alternatives(schemas, other, depth + 1))];
}

function schemasAt(schemas: Schemas, root: string, path: readonly Step[]): Schema[] {
  return path.reduce<Schema[]>(
    (found, step) =>
      found.flatMap((schema) => {
        const inner =
          typeof step === 'number' ? schema.items : (schema.properties?.[step] ?? anyProperty(schema));
        return alternatives(schemas, inner);
      }),
    alternatives(schemas, schemas[root]),
  );
}

function anyProperty({ additionalProperties }: Schema): Schema | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

export interface NameOption {
  name: string;
  description: string;
  /** What a new one begins with, as JSON. */
  start: string;
}

/** Names that an object may have, beside those that it has. */
export function namesAt(
  schemas: Schemas,
  root: string,
  path: readonly Step[],
  taken: readonly string[],
): NameOption[] {
  const options = new Map<string, NameOption>();
  for (const { properties = {} } of schemasAt(schemas, root, path)) {
    for (const [name, schema] of Object.entries(properties)) {
      if (!taken.includes(name) && !options.has(name)) {
        const all = alternatives(schemas, schema);
        const description = all.find((each) => each.description !== undefined)?.description ?? '';
        options.set(name, { name, description, start: startOf(all) });
      }
    }
  }
  return [...options.values()];
}

/** Values that may stand there, as JSON, where they are few. */
export function valuesAt(schemas: Schemas, root: string, path: readonly Step[]): string[] {
  const values = schemasAt(schemas, root, path).flatMap((schema) => [
    ...(schema.enum ?? []),
    ...(schema.const === undefined ? [] : [schema.const]),
    ...(isOfType(schema, 'boolean') ? [true, false] : []),
    ...(isOfType(schema, 'null') ? [null] : []),
  ]);
  return [...new Set(values.map((value) => JSON.stringify(value)))];
}

function isOfType({ type }: Schema, wanted: string): boolean {
  return Array.isArray(type) ? type.includes(wanted) : type === wanted;
}

function startOf(all: readonly Schema[]): string {
  const has = (type: string) => all.some((schema) => isOfType(schema, type));
  const isObject = all.some(({ properties }) => properties !== undefined);
  return has('array')
    ? '[]'
    : isObject || has('object')
      ? '{}'
      : has('string')
        ? '""'
        : has('boolean')
          ? 'true'
          : '';
}
