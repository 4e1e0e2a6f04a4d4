import { parseNumber } from '../../words/numbers.ts';

/** A number as people type or paste it, also with the sign for minus; null where it is none. */
export function readNumber(text: string): number | null {
  return parseNumber(text.trim().replace('\u2212', '-'));
}
