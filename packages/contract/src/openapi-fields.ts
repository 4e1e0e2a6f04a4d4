/** Every field of a schema under a name that lasts: what gives fields their sentences, and what looks for them, meet here. */
import type { EndpointDefinition } from './endpoint.ts';
import type { JsonSchema } from './json-schema.ts';

/** The parts of an endpoint that have fields, which go by names such as `createJobs.body.submit`. */
export const ENDPOINT_PARTS = {
  params: 'input',
  query: 'input',
  headers: 'input',
  form: 'input',
  body: 'input',
  response: 'output',
  responseV3: 'output',
  responseHeaders: 'output',
} as const satisfies { [Part in keyof EndpointDefinition]?: 'input' | 'output' };
export type EndpointPart = keyof typeof ENDPOINT_PARTS;

/**
 * A way from a schema into it: the name of a property, an item of a list, a value under a key of the client's own, or the
 * one of several objects that has this value under this key.
 */
export type Step = { property: string } | 'item' | 'value' | { variant: [key: string, value: string] };

export interface Place {
  /** Such as `Job.progress.runs`: items of lists and values of maps go by the name of what holds them. */
  readonly name: string;
  readonly steps: readonly Step[];
  readonly schema: JsonSchema;
}

/** The fields inside `schema`, which is itself called `name`. Schemas that have a name of their own are not entered. */
export function fieldsIn(schema: JsonSchema, name: string): Place[] {
  return placesIn({ name, steps: [], schema }).filter(({ steps }) => isProperty(steps.at(-1)));
}

/** Where `schema` refers to others by their names. */
export function referencesIn(schema: JsonSchema, name: string): Place[] {
  return placesIn({ name, steps: [], schema }).filter((place) => '$ref' in place.schema);
}

function isProperty(step: Step | undefined): boolean {
  return typeof step === 'object' && 'property' in step;
}

function placesIn(place: Place): Place[] {
  return [place, ...childrenOf(place).flatMap(placesIn)];
}

function childrenOf({ name, steps, schema }: Place): Place[] {
  const below = (step: Step, child: unknown): Place => ({
    name: typeof step === 'object' && 'property' in step ? `${name}.${step.property}` : name,
    steps: [...steps, step],
    schema: child as JsonSchema,
  });
  const { properties, items, additionalProperties, anyOf, oneOf } = schema as SchemaWithParts;
  return [
    ...Object.entries(properties ?? {}).map(([property, child]) => below({ property }, child)),
    ...(isSchema(items) ? [below('item', items)] : []),
    ...(isSchema(additionalProperties) ? [below('value', additionalProperties)] : []),
    ...[...(anyOf ?? []), ...(oneOf ?? [])].map((variant) => {
      const constant = constantOf(variant);
      if (constant === undefined) {
        return { name, steps, schema: variant };
      }
      return { name: `${name}(${constant[1]})`, steps: [...steps, { variant: constant }], schema: variant };
    }),
  ];
}

/** What tells one of several objects from the others. */
function constantOf({ properties }: SchemaWithParts): [key: string, value: string] | undefined {
  for (const [key, schema] of Object.entries(properties ?? {})) {
    if (typeof schema.const === 'string') {
      return [key, schema.const];
    }
  }
  return undefined;
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
