import { type Html, html, inline } from '../html.ts';

/** The part of JSON Schema that the contract's documents use. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** The name of a type in a few words, with links to the schemas that have a name. */
export function typeOf(schema: Schema): Html {
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1)!;
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) {
    return join(variants.map(typeOf));
  }
  if (schema.const !== undefined) {
    return html`<code>${JSON.stringify(schema.const)}</code>`;
  }
  if (schema.enum) {
    return join(schema.enum.map((value) => html`<code>${JSON.stringify(value)}</code>`));
  }
  const types = [schema.type ?? 'any value'].flat();
  return join(types.map((type) => plainType(type, schema)));
}

function plainType(type: string, schema: Schema): Html {
  if (type === 'array') {
    return schema.items ? html`list of ${typeOf(schema.items)}` : html`list`;
  }
  if (type === 'object' && typeof schema.additionalProperties === 'object' && !schema.properties) {
    const isAnything = Object.keys(schema.additionalProperties).length === 0;
    return isAnything ? html`object` : html`object of ${typeOf(schema.additionalProperties)}`;
  }
  if (type === 'string' && schema.format) {
    return html`string (${schema.format})`;
  }
  return html`${type}`;
}

/** Alternatives, each said once. */
function join(parts: Html[]): Html {
  const different = [...new Map(parts.map((part) => [part.text, part])).values()];
  return html`${different.map((part, index) => (index === 0 ? part : html` or ${part}`))}`;
}

/** What a value must keep to, in a sentence; nothing when anything of its type will do. */
export function boundsOf(schema: Schema): Html | null {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, pattern } = schema;
  const number = (value: number) => value.toLocaleString('en-US');
  const count = (value: number, what: string) => `${number(value)} ${what}${value === 1 ? '' : 's'}`;
  const words = [
    minimum !== undefined && minimum > -1e15 && `at least ${number(minimum)}`,
    maximum !== undefined && maximum < 1e15 && `at most ${number(maximum)}`,
    minLength !== undefined && minLength > 0 && `at least ${count(minLength, 'character')}`,
    maxLength !== undefined && `at most ${count(maxLength, 'character')}`,
    minItems !== undefined && minItems > 0 && `at least ${count(minItems, 'item')}`,
    maxItems !== undefined && `at most ${count(maxItems, 'item')}`,
    pattern !== undefined && `matches \`${pattern}\``,
    schema.default !== undefined && `\`${JSON.stringify(schema.default)}\` when absent`,
  ];
  const sentence = words.filter(Boolean).join(', ');
  if (sentence === '') {
    return null;
  }
  return html`${inline(`${sentence[0]!.toUpperCase()}${sentence.slice(1)}.`)}`;
}

/** The fields of an object, and of the objects inside it that have no name of their own; of several, one after the other. */
export function fieldsOf(schema: Schema): Html | null {
  const objects = objectsIn(schema);
  if (objects.length === 0) {
    return null;
  }
  return html`${objects.map((object, index) => html`${index > 0 && html`<p class="type">or</p>`}${fieldList(object)}`)}`;
}

function fieldList(object: Schema): Html {
  const required = new Set(object.required);
  return html`<dl class="fields">${Object.entries(object.properties ?? {}).map(
    ([name, field]) => html`<dt><code>${name}</code> <span class="type">${typeOf(field)}</span>${
      required.has(name) && html` <span class="required">required</span>`
    }</dt><dd>${field.description && inline(field.description)} ${boundsIn(field)}${fieldsOf(field)}</dd>
`,
  )}</dl>`;
}

/** The bounds of a value that may also be null are those of the value. */
function boundsIn(schema: Schema): Html | null {
  const variants = (schema.anyOf ?? schema.oneOf ?? []).filter((each) => each.type !== 'null');
  return boundsOf(variants.length === 1 ? { ...variants[0], default: schema.default } : schema);
}

function objectsIn(schema: Schema): Schema[] {
  if (schema.$ref) {
    return [];
  }
  if (schema.properties) {
    return [schema];
  }
  if (schema.items) {
    return objectsIn(schema.items);
  }
  return (schema.anyOf ?? schema.oneOf ?? []).flatMap(objectsIn);
}
