/** What is chosen in the view of a log. */
export interface LogOptions {
  /** What is searched for. */
  q: string;
  /** Whether that is a regular expression. */
  regex: boolean;
  wrap: boolean;
  times: boolean;
  /** The line that is marked; null for none. */
  line: number | null;
}

/** The number of a line as an address has it; null where there is none. */
export function lineIn(text: string | undefined): number | null {
  return /^[1-9]\d{0,11}$/.test(text ?? '') ? Number(text) : null;
}
