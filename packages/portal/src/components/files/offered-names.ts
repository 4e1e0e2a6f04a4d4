/** As many as somebody looks through; the others are found by typing. */
export const MOST_OFFERED = 50;

/** The names that a list offers while `typed` is looked for, the chosen one always among them. */
export function offeredNames(names: readonly string[], typed: string, chosen: string | null): string[] {
  // What is chosen stands in the field until somebody types.
  const wanted = typed === chosen ? '' : typed.trim().toLowerCase();
  const offered: string[] = chosen === null ? [] : [chosen];
  for (const name of names) {
    if (offered.length >= MOST_OFFERED) {
      break;
    }
    if (name !== chosen && name.toLowerCase().includes(wanted)) {
      offered.push(name);
    }
  }
  return offered;
}
