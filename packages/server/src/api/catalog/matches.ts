/** Whether a part of the name or the code is what was searched for, upper and lower case alike. */
export function matches({ name, code }: { name: string; code: string }, search: string | undefined): boolean {
  if (search === undefined) {
    return true;
  }
  const part = search.toLowerCase();
  return name.toLowerCase().includes(part) || code.toLowerCase().includes(part);
}
