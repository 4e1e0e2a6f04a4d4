/**
 * What stands between `${` and `}`: a name or a literal, `?string("0.00")` behind it to format a number, `!` and
 * a default for a name without a value, and parentheses. A subset of FreeMarker's expressions, with its reading:
 * `x!0.5?string("0.0")` formats the default only, `(x!0.5)?string("0.0")` formats both.
 */
import { TEMPLATE_NESTING } from '../limits.ts';
import { parseDecimal } from './decimal.ts';
import { type Place, TemplateError } from './error.ts';
import { formatDecimal } from './format.ts';
import { type NumberPattern, PatternError, parsePattern } from './pattern.ts';
import type { TemplateSource } from './source.ts';
import { readStringLiteral } from './string-literal.ts';

export type Expression =
  | { kind: 'name'; name: string; at: number }
  | { kind: 'literal'; text: string }
  | { kind: 'format'; of: Expression; pattern: NumberPattern; at: number }
  | { kind: 'default'; of: Expression; otherwise: Expression };

const KNOWN_FORMS =
  'Known are ${x}, ${x?string("0.00")}, ${x!0.5} and ${"text"}; to keep a ${ for another program write ${r"${"}.';

const BLANKS = /\s*/y;
const NAME_PART = '[A-Za-z_$@\\x80-\\xff](?:[\\w$@\\x80-\\xff]|\\\\[-.:#])*';
const NAME = new RegExp(`${NAME_PART}(?:\\.${NAME_PART})*`, 'y');
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const ANY_NAME = /\.vars\s*\[\s*/y;
const FORMAT = /string\s*\(\s*/y;

/** Reads one expression and the `}` behind it; `end` is the offset behind that. Throws a TemplateError. */
export function parseExpression(
  source: TemplateSource,
  start: number,
): { expression: Expression; end: number } {
  const reader = new ExpressionReader(source, start);
  const expression = reader.expression(0);
  reader.expect('}', start - 2, '${');
  return { expression, end: reader.offset };
}

class ExpressionReader {
  readonly #source: TemplateSource;
  offset: number;

  constructor(source: TemplateSource, start: number) {
    this.#source = source;
    this.offset = start;
  }

  expression(depth: number): Expression {
    let expression = this.#primary(depth);
    for (;;) {
      this.#take(BLANKS);
      if (this.#skip('?')) {
        expression = this.#format(expression);
      } else if (this.#skip('!')) {
        this.#take(BLANKS);
        const next = this.#source.text[this.offset];
        // A `!` with nothing behind it is an empty text.
        const empty = next === '}' || next === ')' || next === undefined;
        const otherwise: Expression = empty ? { kind: 'literal', text: '' } : this.expression(depth + 1);
        expression = { kind: 'default', of: expression, otherwise };
      } else {
        return expression;
      }
    }
  }

  /** Takes the character, with blanks before it; `opened` is where what it closes began. */
  expect(character: '}' | ')' | ']', opened: number, opening: string): void {
    this.#take(BLANKS);
    if (this.#skip(character)) {
      return;
    }
    const { text } = this.#source;
    if (this.offset >= text.length) {
      throw this.#source.error(opened, `the ${opening} here is not closed by a ${character}.`, KNOWN_FORMS);
    }
    throw this.#unexpected(`where a ${character} was expected`);
  }

  #primary(depth: number): Expression {
    this.#take(BLANKS);
    const at = this.offset;
    if (depth > TEMPLATE_NESTING) {
      throw this.#source.error(
        at,
        'the placeholder is nested too deep.',
        `Use at most ${TEMPLATE_NESTING} levels.`,
      );
    }
    if (this.#skip('(')) {
      const expression = this.expression(depth + 1);
      this.expect(')', at, '(');
      return expression;
    }
    const literal = this.#string();
    if (literal !== null) {
      return { kind: 'literal', text: literal };
    }
    if (this.#take(ANY_NAME) !== null) {
      const name = this.#string();
      if (name === null) {
        throw this.#unexpected('where a name in quotes was expected');
      }
      this.expect(']', at, '.vars[');
      return { kind: 'name', name, at };
    }
    const number = this.#take(NUMBER);
    if (number !== null) {
      return { kind: 'literal', text: number };
    }
    const name = this.#take(NAME);
    if (name === null) {
      throw this.#unexpected('where a name was expected');
    }
    return { kind: 'name', name: this.#source.decode(name.replace(/\\(.)/g, '$1')), at };
  }

  #format(of: Expression): Expression {
    const at = this.offset;
    this.#take(BLANKS);
    if (this.#take(FORMAT) === null) {
      throw this.#source.error(at - 1, 'behind the ? stands something other than string("…").', KNOWN_FORMS);
    }
    const patternAt = this.offset;
    const pattern = this.#string();
    if (pattern === null) {
      throw this.#unexpected('where a number format in quotes was expected');
    }
    this.expect(')', at, 'string(');
    try {
      return { kind: 'format', of, pattern: parsePattern(pattern), at: patternAt };
    } catch (error) {
      throw error instanceof PatternError
        ? this.#source.error(
            patternAt,
            `the number format ${JSON.stringify(pattern)} cannot be used: ${error.message}.`,
            'Write it from 0 (a digit always), # (a digit when there is one), one point, and E0 for an exponent, such as "0.00##" or "0.0##E0".',
          )
        : error;
    }
  }

  #string(): string | null {
    const literal = readStringLiteral(this.#source, this.offset);
    if (literal === null) {
      return null;
    }
    this.offset = literal.end;
    return literal.text;
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.offset;
    const match = pattern.exec(this.#source.text);
    if (match === null) {
      return null;
    }
    this.offset += match[0].length;
    return match[0];
  }

  #skip(character: string): boolean {
    const found = this.#source.text[this.offset] === character;
    this.offset += found ? 1 : 0;
    return found;
  }

  #unexpected(where: string): TemplateError {
    const { text } = this.#source;
    const found =
      this.offset >= text.length ? 'the end of the template' : JSON.stringify(this.#source.at(this.offset));
    return this.#source.error(this.offset, `there is ${found} ${where}.`, KNOWN_FORMS);
  }
}

/** The text of an expression, undefined when a name in it has no value. Throws a TemplateError. */
export function evaluate(
  expression: Expression,
  variables: ReadonlyMap<string, string>,
  placeOf: (at: number) => Place,
): string | undefined {
  switch (expression.kind) {
    case 'literal':
      return expression.text;
    case 'name':
      return variables.get(expression.name);
    case 'default':
      return (
        evaluate(expression.of, variables, placeOf) ?? evaluate(expression.otherwise, variables, placeOf)
      );
    case 'format': {
      const text = evaluate(expression.of, variables, placeOf);
      if (text === undefined) {
        return undefined;
      }
      const value = parseDecimal(text);
      if (value === null) {
        throw new TemplateError(
          placeOf(expression.at),
          `the value ${JSON.stringify(shorten(text))}${nameIn(expression.of)} is no number, but is to be formatted as one.`,
          'Give it numbers only, or insert it as it is, without ?string.',
        );
      }
      return formatDecimal(value, expression.pattern);
    }
  }
}

/** The names of an expression, each with whether a default stands in for it. */
export function namesIn(
  expression: Expression,
  hasDefault = false,
): { name: string; at: number; hasDefault: boolean }[] {
  switch (expression.kind) {
    case 'literal':
      return [];
    case 'name':
      return [{ name: expression.name, at: expression.at, hasDefault }];
    case 'format':
      return namesIn(expression.of, hasDefault);
    case 'default':
      return [...namesIn(expression.of, true), ...namesIn(expression.otherwise, hasDefault)];
  }
}

function nameIn(expression: Expression): string {
  const [first] = namesIn(expression);
  return first === undefined ? '' : ` of ${first.name}`;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
