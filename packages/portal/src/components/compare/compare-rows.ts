/** Things side by side, row by row; pure. */
export interface Fact {
  name: string;
  text: string;
}

export interface CompareRow {
  name: string;
  /** In the order of the subjects; null where one has no such thing. */
  cells: readonly (string | null)[];
  /** Whether not all say the same. */
  differs: boolean;
}

/** A row for each name, in the order in which the subjects first have it. */
export function toRows(columns: readonly (readonly Fact[])[]): CompareRow[] {
  const values = columns.map((facts) => new Map(facts.map(({ name, text }) => [name, text])));
  const names = new Set(columns.flatMap((facts) => facts.map(({ name }) => name)));
  return [...names].map((name) => {
    const cells = values.map((known) => known.get(name) ?? null);
    return { name, cells, differs: cells.some((cell) => cell !== cells[0]) };
  });
}

/** Every value of a document by its path; what says nothing (null, an empty list) is left out. */
export function flatten(value: unknown, path = ''): Fact[] {
  if (value === null || value === undefined || value === '') {
    return [];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => flatten(item, `${path}[${index}]`));
  }
  if (typeof value === 'object') {
    return Object.entries(value).flatMap(([name, item]) =>
      flatten(item, path === '' ? name : `${path}.${name}`),
    );
  }
  return [{ name: path, text: String(value) }];
}
