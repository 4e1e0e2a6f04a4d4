const NUMBER = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i;

/** A number as people type it, with a decimal point or comma; null where it is none. */
export function readNumber(text: string): number | null {
  const trimmed = text.trim().replace('\u2212', '-');
  if (!NUMBER.test(trimmed)) {
    return null;
  }
  const value = Number(trimmed.replace(',', '.'));
  return Number.isFinite(value) ? value : null;
}
