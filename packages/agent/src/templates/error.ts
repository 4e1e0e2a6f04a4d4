/** A template that cannot be read or rendered, with the place (counted from 1) and what to do about it. */
export class TemplateError extends Error {
  readonly line: number;
  /** In characters, not bytes. */
  readonly column: number;
  /** What is wrong, as one sentence without the place. */
  readonly what: string;
  readonly hint: string;

  constructor({ line, column }: Place, what: string, hint: string) {
    super(`Line ${line}, column ${column}: ${what}`);
    this.line = line;
    this.column = column;
    this.what = what;
    this.hint = hint;
  }
}

export interface Place {
  line: number;
  column: number;
}
