/** What people type for numbers and lists, as definitions have it. */
import type { Json } from '../document.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A number, with comma or point; nothing for an empty text; what is none stays a text, for the server to say so. */
export function toSetting(typed: string): number | string | undefined {
  const text = typed.trim();
  if (text === '') {
    return undefined;
  }
  const decimal = /^[+-]?\d*,\d+(e[+-]?\d+)?$/i.test(text) ? text.replace(',', '.') : text;
  return NUMBER.test(decimal) && Number.isFinite(Number(decimal)) ? Number(decimal) : text;
}

/** A list of values, one on each line or separated by commas; texts that no number is written as stay texts, such as `10.0`. */
export function toList(typed: string): (number | string)[] {
  const parts = typed.includes('\n') ? typed.split('\n') : typed.split(/[,;\t]/);
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => (NUMBER.test(part) && String(Number(part)) === part ? Number(part) : part));
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
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}
