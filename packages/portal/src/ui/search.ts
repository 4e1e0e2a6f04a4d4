/** The part of an address behind `?`, as people write and read it: plain texts by name. */
export type Search = Record<string, string>;

/** Parts the values of a name that stands several times, as one text; no name of a file has it. */
const BETWEEN = '\0';
/** What may stand several times in an address; of anything else the last value counts. */
const LISTS: ReadonlySet<string> = new Set(['path', 'y']);

export function parseSearch(text: string): Search {
  const search = new URLSearchParams(text);
  return Object.fromEntries(
    [...search].map(([name, last]) => [name, LISTS.has(name) ? search.getAll(name).join(BETWEEN) : last]),
  );
}

/** The values of a name that may stand several times. */
export function toList(value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : value.split(BETWEEN);
}

export function fromList(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(BETWEEN);
}

/** Empty and absent values are left out, so that each view has one address. */
export function stringifySearch(search: Record<string, unknown>): string {
  const entries = Object.entries(search).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  const pairs = entries.flatMap(([name, value]) =>
    String(value)
      .split(BETWEEN)
      .map((each) => [name, each]),
  );
  const text = new URLSearchParams(pairs).toString();
  return text === '' ? '' : `?${text}`;
}
