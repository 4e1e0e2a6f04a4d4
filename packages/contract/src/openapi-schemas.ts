/** Zod schemas as JSON Schema 2020-12, named ones collected as components. */
import { z } from 'zod';
import generated from './descriptions.json' with { type: 'json' };
import type { JsonSchema } from './json-schema.ts';
import { fieldsIn } from './openapi-fields.ts';
import { documentedAs } from './wire.ts';

/** Sentences of schemas and fields by their names, such as `Job.progress.runs`. */
export type Descriptions = Readonly<Record<string, string>>;

/** Written by `npm run generate` from the comments of the fields (decisions/020). */
const DESCRIPTIONS: Descriptions = generated;

const DEFS = '#/$defs/';
const COMPONENTS = '#/components/schemas/';

export interface SchemaCollector {
  /**
   * The JSON Schema of `schema`, a reference when it has a name. `input` is what clients send. Its fields get the
   * sentences of `name`, such as `createJobs.body`; those of schemas with a name of their own go by that.
   */
  convert(schema: z.ZodType, io: 'input' | 'output', name: string): JsonSchema;
  /** All named schemas so far, by name. */
  readonly components: Record<string, JsonSchema>;
}

/** Starts an empty collection. A name that means two things throws: each name is one component. */
export function collectSchemas(descriptions: Descriptions = DESCRIPTIONS): SchemaCollector {
  const components: Record<string, JsonSchema> = {};
  return {
    components,
    convert(schema, io, convertedName) {
      // Wrapped, because a named schema at the root would be written out instead of referred to.
      const wrapped = z.toJSONSchema(z.object({ schema }), {
        target: 'draft-2020-12',
        io,
        unrepresentable: 'any',
        override: ({ zodSchema, jsonSchema }) => tidy(zodSchema, jsonSchema),
      }) as unknown as JsonSchema & {
        properties: { schema: JsonSchema };
        $defs?: Record<string, JsonSchema>;
      };
      for (const [name, definition] of Object.entries(wrapped.$defs ?? {})) {
        const component = describe(pointToComponents(definition) as JsonSchema, name, descriptions);
        const known = components[name];
        if (known !== undefined && JSON.stringify(known) !== JSON.stringify(component)) {
          throw new Error(`The name ${name} stands for two schemas; give one of them another id.`);
        }
        components[name] = component;
      }
      return describe(
        pointToComponents(wrapped.properties.schema) as JsonSchema,
        convertedName,
        descriptions,
      );
    },
  };
}

/** What documents want otherwise than Zod: our strictness about answers is for tests, clients must expect new keys. */
function tidy(zodSchema: z.core.$ZodTypes, jsonSchema: JsonSchema): void {
  const documented = documentedAs.get(zodSchema);
  if (documented !== undefined) {
    for (const keyword of Object.keys(jsonSchema)) {
      delete jsonSchema[keyword];
    }
    Object.assign(jsonSchema, documented);
  }
  // Zod leaves the default out where a schema coerces.
  const { def } = zodSchema._zod;
  if (def.type === 'default') {
    jsonSchema.default = def.defaultValue;
  }
  if (jsonSchema.additionalProperties === false) {
    delete jsonSchema.additionalProperties;
  }
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) {
    delete jsonSchema.minimum;
  }
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) {
    delete jsonSchema.maximum;
  }
}

function describe(schema: JsonSchema, name: string, descriptions: Descriptions): JsonSchema {
  for (const place of [{ name, schema }, ...fieldsIn(schema, name)]) {
    const sentence = descriptions[place.name];
    if (sentence !== undefined && !('$ref' in place.schema && place.name === name)) {
      place.schema.description = sentence;
    }
  }
  return schema;
}

function pointToComponents(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(pointToComponents);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === '$ref' && typeof item === 'string' && item.startsWith(DEFS)
        ? `${COMPONENTS}${item.slice(DEFS.length)}`
        : pointToComponents(item),
    ]),
  );
}
