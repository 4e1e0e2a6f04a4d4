import { usageError } from './errors.ts';

/** `NAME=VALUE` each, JSON where it can be read as such and text elsewhere; a name may be there once, and none of `others`. */
export function readFieldValues(
  given: readonly string[],
  others: readonly string[] = [],
): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const each of given) {
    const at = each.indexOf('=');
    if (at < 1) {
      throw usageError(`A field is written NAME=VALUE, not "${each}".`);
    }
    const name = each.slice(0, at);
    if (values.has(name) || others.includes(name)) {
      throw usageError(`The field "${name}" is there twice.`);
    }
    values.set(name, readValue(each.slice(at + 1)));
  }
  return values;
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
