/** Templates: files in which `${x}` stands for a value of the run; every other byte is copied as it is. */
import { RENDERED_BYTES, TEMPLATE_BYTES, TEMPLATE_PLACEHOLDERS } from '../limits.ts';
import { TemplateError } from './error.ts';
import { type Expression, evaluate, namesIn, parseExpression } from './expression.ts';
import { TemplateSource } from './source.ts';

export { TemplateError } from './error.ts';

/** One use of a variable; line and column (in characters) count from 1. */
export interface TemplateName {
  name: string;
  line: number;
  column: number;
  /** A default stands in when the variable has no value. */
  hasDefault: boolean;
}

/** A placeholder and what has taken its place; line and column count from 1, the length is that of the placeholder, in characters. */
export interface TemplateInsert {
  line: number;
  column: number;
  length: number;
  text: string;
}

/** Reads a template; throws a TemplateError at the first placeholder that is none, or when it is too large. */
export function parseTemplate(bytes: Uint8Array): Template {
  if (bytes.length > TEMPLATE_BYTES) {
    throw new TemplateError(
      { line: 1, column: 1 },
      `the template has ${bytes.length} bytes, more than the ${TEMPLATE_BYTES} that one may have.`,
      'Put the large part that does not vary into an input file.',
    );
  }
  const source = new TemplateSource(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  const placeholders: Placeholder[] = [];
  let offset = 0;
  for (let start = source.text.indexOf('${'); start !== -1; start = source.text.indexOf('${', offset)) {
    if (placeholders.length >= TEMPLATE_PLACEHOLDERS) {
      throw source.error(
        start,
        `the template has more than ${TEMPLATE_PLACEHOLDERS} placeholders.`,
        'Split it, or let a pre-process script write the file.',
      );
    }
    const { expression, end } = parseExpression(source, start + 2);
    placeholders.push({ start, end, expression });
    offset = end;
  }
  return new Template(source, placeholders);
}

interface Placeholder {
  start: number;
  end: number;
  expression: Expression;
}

/** A template that was read once and is rendered for many runs. */
export class Template {
  readonly #source: TemplateSource;
  readonly #placeholders: Placeholder[];
  /** Each use of a variable, in the order of the text. */
  readonly names: readonly TemplateName[];
  /** Of the file itself. */
  readonly sizeBytes: number;

  constructor(source: TemplateSource, placeholders: Placeholder[]) {
    this.#source = source;
    this.#placeholders = placeholders;
    this.sizeBytes = source.bytes.length;
    this.names = placeholders.flatMap(({ expression }) =>
      namesIn(expression).map(({ name, at, hasDefault }) => ({ name, ...source.place(at), hasDefault })),
    );
  }

  /**
   * The bytes for one run, told of each placeholder as it is filled in; throws a TemplateError for a name without a value and
   * for a text that is to be formatted as a number but is none.
   */
  render(variables: ReadonlyMap<string, string>, onInsert?: (insert: TemplateInsert) => void): Buffer {
    const source = this.#source;
    const placeOf = (at: number) => source.place(at);
    const parts: Buffer[] = [];
    const encoded = new Map<string, Buffer>();
    let copied = 0;
    let length = 0;
    for (const { start, end, expression } of this.#placeholders) {
      const text = evaluate(expression, variables, placeOf) ?? this.#refuseMissing(expression, variables);
      const inserted = encoded.get(text) ?? source.encode(text);
      encoded.set(text, inserted);
      parts.push(source.bytes.subarray(copied, start), inserted);
      length += start - copied + inserted.length;
      if (length > RENDERED_BYTES) {
        throw source.error(
          start,
          `the rendered file becomes larger than ${RENDERED_BYTES} bytes.`,
          'Insert shorter values, or let a pre-process script write the file.',
        );
      }
      copied = end;
      onInsert?.({
        ...source.place(start),
        length: source.decode(source.text.slice(start, end)).length,
        text,
      });
    }
    parts.push(source.bytes.subarray(copied));
    return Buffer.concat(parts);
  }

  #refuseMissing(expression: Expression, variables: ReadonlyMap<string, string>): never {
    const missing = namesIn(expression).findLast(({ name }) => !variables.has(name))!;
    throw this.#source.error(
      missing.at,
      `there is no variable ${missing.name}.`,
      `${known(variables)} Correct the name, add the variable, or give a default as in \${${missing.name}!0}; to keep a \${ for another program write \${r"\${"}.`,
    );
  }
}

const KNOWN_NAMES = 20;

function known(variables: ReadonlyMap<string, string>): string {
  const names = [...variables.keys()];
  const shown = names.slice(0, KNOWN_NAMES).join(', ');
  return names.length === 0
    ? 'This job has no variables.'
    : `The variables are ${shown}${names.length > KNOWN_NAMES ? ` and ${names.length - KNOWN_NAMES} more` : ''}.`;
}
