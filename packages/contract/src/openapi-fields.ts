/** Every field of a schema under a name that lasts: what gives fields their sentences, and what looks for them, meet here. */
import type { JsonSchema } from './openapi-schemas.ts';

/** A way from a schema into it: the name of a property, an item of a list, or a value under a key of the client's own. */
export type Step = { property: string } | 'item' | 'value';

export interface Place {
  /** Such as `Job.progress.runs`: items of lists and values of maps go by the name of what holds them. */
  readonly name: string;
  readonly steps: readonly Step[];
  readonly schema: JsonSchema;
}

/** The fields inside `schema`, which is itself called `name`. Schemas that have a name of their own are not entered. */
export function fieldsIn(schema: JsonSchema, name: string): Place[] {
  return placesIn({ name, steps: [], schema }).filter(({ steps }) => typeof steps.at(-1) === 'object');
}

/** Where `schema` refers to others by their names. */
export function referencesIn(schema: JsonSchema, name: string): Place[] {
  return placesIn({ name, steps: [], schema }).filter((place) => '$ref' in place.schema);
}

function placesIn(place: Place): Place[] {
  return [place, ...childrenOf(place).flatMap(placesIn)];
}

function childrenOf({ name, steps, schema }: Place): Place[] {
  const below = (step: Step, child: unknown): Place => ({
    name: typeof step === 'object' ? `${name}.${step.property}` : name,
    steps: [...steps, step],
    schema: child as JsonSchema,
  });
  const { properties, items, additionalProperties, anyOf, oneOf } = schema as SchemaWithParts;
  return [
    ...Object.entries(properties ?? {}).map(([property, child]) => below({ property }, child)),
    ...(isSchema(items) ? [below('item', items)] : []),
    ...(isSchema(additionalProperties) ? [below('value', additionalProperties)] : []),
    ...[...(anyOf ?? []), ...(oneOf ?? [])].map((variant) => ({ name, steps, schema: variant })),
  ];
}

interface SchemaWithParts {
  properties?: Record<string, JsonSchema>;
  items?: unknown;
  additionalProperties?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null;
}
