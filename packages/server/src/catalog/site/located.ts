/** A path inside a document, such as `['coreType', 0, 'cores', 1]`. */
export type FieldPath = readonly (string | number)[];

/** A parsed document that knows on which line each of its values stands. */
export interface LocatedDocument {
  readonly value: unknown;
  readonly lines: ReadonlyMap<string, number>;
}

/** What a parser could not read. */
interface SyntaxProblem {
  readonly line: number;
  readonly message: string;
}

export type ParseResult = { document: LocatedDocument } | { problems: SyntaxProblem[] };

/** Collects lines while a document is walked; the first line of a path stands. */
export class LineMap {
  readonly lines = new Map<string, number>();

  note(path: FieldPath, line: number): void {
    const key = keyOf(path);
    if (!this.lines.has(key)) {
      this.lines.set(key, line);
    }
  }
}

/** The line of a value, of the nearest table around it where the value is missing, else 1. */
export function lineOf(document: LocatedDocument, path: FieldPath): number {
  for (let length = path.length; length > 0; length -= 1) {
    const line = document.lines.get(keyOf(path.slice(0, length)));
    if (line !== undefined) {
      return line;
    }
  }
  return 1;
}

/** The value at a path, undefined where there is none. */
export function valueAt(document: LocatedDocument, path: FieldPath): unknown {
  let value = document.value;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) {
      return undefined;
    }
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

/** The path as people write it; a list of tables reads as its singular: `coreType.cores[0]`. */
export function fieldName(path: FieldPath): string {
  return path
    .filter((key, index) => !(index === 1 && typeof key === 'number'))
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`))
    .join('');
}

function keyOf(path: FieldPath): string {
  return JSON.stringify(path);
}
