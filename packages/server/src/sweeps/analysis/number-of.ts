/** Two runs of digits stand beside each other nowhere, or a long text of digits that is no number would be tried at each of them. */
const DECIMAL = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** The number that a text says in decimal, or null; blanks around it do not count, `Infinity` and `0x1f` are texts. */
export function numberOf(text: string): number | null {
  if (!DECIMAL.test(text)) {
    return null;
  }
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
