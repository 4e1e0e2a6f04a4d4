/** What a text of numbers in columns looks like: what parts them, and where their names are. Found in its first lines. */

export type TableFormat =
  | { kind: 'json' }
  | {
      kind: 'delimited';
      /** Any number of blanks when null. */
      delimiter: string | null;
      names: readonly string[];
      /** Whether the first line that is no comment names the columns. */
      hasHeader: boolean;
      hasDecimalComma: boolean;
    };

const LOOKED_AT_LINES = 50;
const COMMENT = /^\s*(?:#|%|\/\/)/;
const DECIMAL_COMMA = /^\s*[+-]?\d+,\d+(?:[eE][+-]?\d+)?\s*$/;
const DATE = /^\s*\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d|\s*$)/;

export function isComment(line: string): boolean {
  return COMMENT.test(line);
}

/** Null where the lines have no numbers in columns. */
export function findFormat(text: string): TableFormat | null {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  const data = lines.filter((line) => !isComment(line)).slice(0, LOOKED_AT_LINES);
  const [first] = data;
  if (first === undefined) {
    return null;
  }
  if (isJsonRow(first)) {
    return { kind: 'json' };
  }
  const delimiter = findDelimiter(data);
  const rows = data.map((line) => cellsOf(line, delimiter));
  const hasDecimalComma =
    delimiter !== ',' && rows.some((row) => row.some((cell) => DECIMAL_COMMA.test(cell)));
  const isValue = (cell: string) => cell.trim() === '' || !Number.isNaN(toNumber(cell, hasDecimalComma));
  const [head = [], ...body] = rows;
  const hasHeader = !head.every(isValue);
  const values = hasHeader ? body : rows;
  if (values.length > 0 && !values.some((row) => row.some((cell) => cell.trim() !== '' && isValue(cell)))) {
    return null;
  }
  const columns = Math.max(...(values.length > 0 ? values : [head]).map((row) => row.length));
  const comment = lines.slice(0, lines.indexOf(first)).findLast(isComment);
  const named = hasHeader ? head : namesInComment(comment, delimiter, columns);
  return { kind: 'delimited', delimiter, hasHeader, hasDecimalComma, names: uniqueNames(named, columns) };
}

/** The cells of a line. Vectors in parentheses, as OpenFOAM writes them among blanks, are parted like everything else. */
export function cellsOf(line: string, delimiter: string | null): string[] {
  if (delimiter === null) {
    return line.replace(/[()]/g, ' ').trim().split(/\s+/);
  }
  const text = line.replace(/\r$/, '');
  return text.includes('"') ? quotedCells(text, delimiter) : text.split(delimiter);
}

/** Blanks around quotation marks do not count: SU2 sets its names in columns by them. */
function quotedCells(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  let at = 0;
  while (at <= line.length) {
    let start = at;
    while (line[start] === ' ') {
      start++;
    }
    let cell: string | null = null;
    if (line[start] === '"') {
      const end = endOfQuoted(line, start + 1);
      cell = line.slice(start + 1, end).replaceAll('""', '"');
      at = end + 1;
    }
    const next = line.indexOf(delimiter, at);
    const stop = next === -1 ? line.length : next;
    cells.push(cell ?? line.slice(at, stop));
    at = stop + 1;
  }
  return cells;
}

/** Where the closing mark stands; two of them stand for one. */
function endOfQuoted(line: string, from: number): number {
  let end = line.indexOf('"', from);
  while (end !== -1 && line[end + 1] === '"') {
    end = line.indexOf('"', end + 2);
  }
  return end === -1 ? line.length : end;
}

/** The number in a cell, of a date its seconds since 1970; NaN where there is neither. */
export function toNumber(cell: string, hasDecimalComma: boolean): number {
  const text = cell.trim();
  if (text === '') {
    return Number.NaN;
  }
  const value = Number(hasDecimalComma ? text.replace(',', '.') : text);
  if (Number.isFinite(value)) {
    return value;
  }
  // Fortran writes exponents of doubles with D.
  const fortran = /^([+-]?[\d.]+)[dD]([+-]?\d+)$/.exec(text);
  if (fortran) {
    return Number(`${fortran[1]}e${fortran[2]}`);
  }
  return DATE.test(text) ? Date.parse(text.replace(' ', 'T')) / 1000 : Number.NaN;
}

export function isDateCell(cell: string): boolean {
  return DATE.test(cell);
}

function isJsonRow(line: string): boolean {
  if (!line.trimStart().startsWith('{')) {
    return false;
  }
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}

/** What stands equally often in nearly all lines; a semicolon before a comma, which may be that of decimals. */
function findDelimiter(lines: readonly string[]): string | null {
  for (const delimiter of ['\t', ';', ',']) {
    const counts = lines.map((line) => cellsOf(line, delimiter).length);
    const most = Math.max(...counts);
    if (most > 1 && counts.filter((count) => count === most).length > counts.length * 0.7) {
      return delimiter;
    }
  }
  return null;
}

function namesInComment(comment: string | undefined, delimiter: string | null, columns: number): string[] {
  const text = comment?.replace(COMMENT, '').trim() ?? '';
  for (const parted of [cellsOf(text, delimiter), text.split(/\s{2,}|\t/), text.split(/\s+/)]) {
    if (parted.length === columns && parted.every((name) => name.trim() !== '')) {
      return parted;
    }
  }
  return [];
}

function uniqueNames(names: readonly string[], columns: number): string[] {
  const used = new Set<string>();
  return Array.from({ length: columns }, (_, index) => {
    const wanted =
      names[index]
        ?.trim()
        .replace(/^"(.*)"$/, '$1')
        .trim() || `Column ${index + 1}`;
    let name = wanted;
    for (let count = 2; used.has(name); count++) {
      name = `${wanted} (${count})`;
    }
    used.add(name);
    return name;
  });
}
