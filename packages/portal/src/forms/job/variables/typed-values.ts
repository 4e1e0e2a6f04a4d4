/** What people type for numbers and lists, as definitions have it. */
import type { Json } from '../document.ts';

const DECIMAL_COMMA = /^[+-]?\d*,\d+(e[+-]?\d+)?$/i;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A number, with comma or point; nothing for an empty text; what is none stays a text, for the server to say so. */
export function toSetting(typed: string): number | string | undefined {
  const text = typed.trim();
  if (text === '') {
    return undefined;
  }
  const decimal = DECIMAL_COMMA.test(text) ? text.replace(',', '.') : text;
  return NUMBER.test(decimal) && Number.isFinite(Number(decimal)) ? Number(decimal) : text;
}

/**
 * A list of values: one on each line, or separated by semicolons or tabs, or else by commas; beside those a comma may be that of a
 * number. Texts that no number is written as stay texts, such as `10.0`.
 */
export function toList(typed: string): (number | string)[] {
  const separator = ['\n', ';', '\t'].find((sign) => typed.includes(sign)) ?? ',';
  return typed
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const decimal = DECIMAL_COMMA.test(part) ? part.replace(',', '.') : part;
      return NUMBER.test(decimal) && String(Number(decimal)) === decimal ? Number(decimal) : part;
    });
}

export function fromList(values: Json | undefined): string {
  if (!Array.isArray(values)) {
    return typeof values === 'string' ? values : '';
  }
  const texts = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
  return texts.join(texts.some((text) => /[,;\t]/.test(text)) ? '\n' : ', ');
}

/** A setting as it is shown. */
export function fromSetting(value: Json | undefined): string {
  return value === undefined || value === null
    ? ''
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
}
