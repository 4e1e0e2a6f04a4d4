/** The number that a text says in decimal, or null; blanks around it do not count, `Infinity` and `0x1f` are texts. */
export function numberOf(text: string): number | null {
  if (!/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text)) {
    return null;
  }
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
