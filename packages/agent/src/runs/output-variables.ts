import type { Failure } from '@quarry/contract';
import { OUTPUT_VARIABLE_BYTES, OUTPUT_VARIABLES } from '../limits.ts';

const NEWLINE = 10;
const TAB = 9;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Of a text that is quoted in a failure. */
const QUOTED_CHARACTERS = 60;

export interface OutputVariable {
  name: string;
  value: number;
}

/**
 * Reads the standard output of post-process scripts, line by line: `name<TAB>number` is an output variable of the
 * run, a line without a tab is just log. The first line that is wrong becomes the failure; right ones are kept.
 */
export class OutputVariableReader {
  readonly #source: string;
  readonly #variables: OutputVariable[];
  readonly #names: Set<string>;
  readonly #inputs: ReadonlySet<string>;
  #failure: Failure | null = null;
  #open: Buffer[] = [];
  #openBytes = 0;
  #hasTab = false;
  #line = 1;
  #bytes = 0;

  /** `variables` are those of the run so far, to which further ones are added. */
  constructor(source: string, variables: OutputVariable[], inputs: ReadonlySet<string>) {
    this.#source = source;
    this.#variables = variables;
    this.#names = new Set(variables.map(({ name }) => name));
    this.#inputs = inputs;
  }

  /** Bytes as they come. */
  write(chunk: Buffer): void {
    for (let start = 0; start < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline === -1 ? chunk.length : newline;
      this.#keep(chunk.subarray(start, end));
      if (newline === -1) {
        return;
      }
      this.#endLine();
      start = newline + 1;
    }
  }

  /** Takes a last line without its end as well; returns what was wrong with any of them. */
  end(): Failure | null {
    this.#endLine();
    return this.#failure;
  }

  /** A line is held only as far as it can be a variable, however long it is. */
  #keep(part: Buffer): void {
    this.#openBytes += part.length;
    if (this.#openBytes <= OUTPUT_VARIABLE_BYTES) {
      this.#hasTab ||= part.includes(TAB);
      this.#open.push(part);
    }
  }

  #endLine(): void {
    if (this.#hasTab) {
      this.#bytes += this.#openBytes + 1;
      if (this.#bytes > OUTPUT_VARIABLE_BYTES) {
        this.#fail(
          'output_too_large',
          `printed lines with variables of more than ${OUTPUT_VARIABLE_BYTES} bytes together: line ${this.#line} of its output goes beyond`,
          'Print fewer variables, and keep the rest in a file, which becomes an output of the run.',
        );
      } else {
        this.#read(Buffer.concat(this.#open).toString('utf8'));
      }
    }
    this.#open = [];
    this.#openBytes = 0;
    this.#hasTab = false;
    this.#line += 1;
  }

  #read(line: string): void {
    const tab = line.indexOf('\t');
    const name = line.slice(0, tab).trim();
    const text = line.slice(tab + 1).trim();
    const value = NUMBER.test(text) ? Number(text) : Number.NaN;
    const nameFault = this.#nameFault(name);
    if (nameFault !== null) {
      this.#fail(
        'output_name_invalid',
        `printed ${nameFault}: line ${this.#line}, column 1 of its output`,
        'Print each variable once, as its name, a tab and its number, under a name that no input variable has.',
      );
    } else if (!Number.isFinite(value)) {
      const column = line.length - line.slice(tab + 1).trimStart().length + 1;
      this.#fail(
        'output_not_a_number',
        `printed the value ${quote(text)} for ${quote(name)}, which is no finite number: line ${this.#line}, column ${column} of its output`,
        'Print a number such as 0.25 or 1.5e-3 behind the tab; a line that is no variable must have no tab.',
      );
    } else if (this.#variables.length >= OUTPUT_VARIABLES) {
      this.#fail(
        'output_too_many',
        `printed more than ${OUTPUT_VARIABLES} variables: line ${this.#line} of its output has one more`,
        'Print fewer variables, and keep the rest in a file, which becomes an output of the run.',
      );
    } else {
      this.#names.add(name);
      this.#variables.push({ name, value });
    }
  }

  #nameFault(name: string): string | null {
    if (name === '') {
      return 'a value without a name';
    }
    if (this.#inputs.has(name)) {
      return `a value for ${quote(name)}, which is an input variable`;
    }
    return this.#names.has(name) ? `a second value for ${quote(name)}` : null;
  }

  #fail(code: string, what: string, hint: string): void {
    this.#failure ??= { code, message: `${this.#source} ${what}.`, hint };
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text);
}
