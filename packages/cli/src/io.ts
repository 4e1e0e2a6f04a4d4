import type { Readable } from 'node:stream';
import { styleText } from 'node:util';
import type { Clock } from './clock.ts';
import { LiveBlock } from './output/live-block.ts';
import type { OutputStream } from './output/output-stream.ts';
import { PrintableStream, printableJson, printableLines } from './output/printable.ts';
import type { Shape } from './output/shape.ts';

export type InputStream = Readable & { isTTY?: boolean; setRawMode?(raw: boolean): unknown };

export type Style = Parameters<typeof styleText>[0];

export interface IoOptions {
  stdin: InputStream;
  stdout: OutputStream;
  stderr: OutputStream;
  clock: Clock;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  /** Undefined lets each stream decide by being a terminal. */
  color: boolean | undefined;
}

/**
 * The three streams, and what may go where: data on stdout, words about the work on stderr. `--quiet` silences
 * the words but never warnings. `--json` keeps stdout for one JSON value and stderr for others, a line each: events of
 * transfers, and at the end the error; no words then, and warnings come after success or inside the error. Whatever a platform may have had a hand in comes out
 * without what a terminal would act upon.
 */
export class Io {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** By which transfers are measured. */
  readonly clock: Clock;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Whether events of transfers are told as JSON. */
  readonly tellsEvents: boolean;
  /** What of JSON answers is printed; all of them without it. */
  shape: Shape | undefined;
  #isShapeUsed = false;
  readonly #live: LiveBlock;
  readonly #color: boolean | undefined;
  readonly #heldWarnings: string[] = [];
  readonly #shownBytes = new PrintableStream();

  constructor(options: IoOptions) {
    this.stdin = options.stdin;
    this.stdout = options.stdout;
    this.stderr = options.stderr;
    this.clock = options.clock;
    this.json = options.json;
    this.quiet = options.quiet || options.json;
    this.verbose = options.verbose;
    this.tellsEvents = options.json && !options.quiet;
    this.#live = new LiveBlock(options.stderr);
    this.#color = options.color;
  }

  /** Whether a person can be asked something. */
  get canPrompt(): boolean {
    return this.stdin.isTTY === true && this.stderr.isTTY === true;
  }

  /** Columns of the terminal that shows stdout; undefined when stdout is a file or a pipe. */
  get width(): number | undefined {
    return this.stdout.isTTY ? Math.max(40, this.stdout.columns || 80) : undefined;
  }

  /** A JSON value of the answer, in the shape that was asked for. */
  printJson(data: unknown, indent?: number): void {
    for (const line of this.jsonLines(data, indent)) {
      this.print(line);
    }
  }

  /** The lines that a JSON value is printed as. */
  jsonLines(data: unknown, indent?: number): string[] {
    if (this.shape === undefined) {
      return [printableJson(data, indent)];
    }
    const { values, isJq, unknownFields, knownFields } = this.shape.apply(data);
    if (unknownFields.length > 0 && !this.#isShapeUsed) {
      this.warn(`There is no field ${unknownFields.join(', ')} here; there is: ${knownFields.join(', ')}.`);
    }
    this.#isShapeUsed = true;
    return values.map((value) =>
      isJq && typeof value === 'string' ? printableLines(value) : printableJson(value, indent),
    );
  }

  /** Says so when the work that is over had nothing in which the shape could choose. */
  checkShape(): void {
    if (this.shape !== undefined && !this.#isShapeUsed) {
      this.warn('--jq and --json=FIELDS were without effect: this command printed no JSON of its own.');
    }
  }

  /** A line of the answer. */
  print(line = ''): void {
    this.stdout.write(`${printableLines(line)}\n`);
  }

  /** Bytes of a file or log. False when the stream has taken enough for now. */
  writeBytes(bytes: Uint8Array): boolean {
    return this.stdout.write(this.stdout.isTTY ? this.#shownBytes.next(bytes) : bytes);
  }

  /** A word about the work going on; nothing with --quiet or --json. */
  note(line = ''): void {
    if (!this.quiet) {
      this.#writeError(`${printableLines(line)}\n`);
    }
  }

  /** Something that the user should know but that does not stop the work; also with --quiet. */
  warn(message: string): void {
    if (this.json) {
      this.#heldWarnings.push(message);
    } else {
      this.#writeWarning(message);
    }
  }

  /** A note that a program needs as well: with --json it counts as a warning. */
  advise(line: string): void {
    if (this.json) {
      this.#heldWarnings.push(line);
    } else {
      this.note(line);
    }
  }

  /** Takes the warnings that --json holds back, to put them into the error. */
  takeWarnings(): string[] {
    return this.#heldWarnings.splice(0);
  }

  /** Writes the warnings that --json holds back, once the work has ended well. */
  releaseWarnings(): void {
    for (const message of this.takeWarnings()) {
      this.#writeWarning(message);
    }
  }

  #writeWarning(message: string): void {
    this.#writeError(`${this.styleError('yellow', 'warning:')} ${printableLines(message)}\n`);
  }

  /** Only with --verbose. */
  detail(line: string): void {
    if (this.verbose) {
      this.#writeError(`${this.styleError('dim', printableLines(line))}\n`);
    }
  }

  /** Styles text meant for stdout. */
  style(format: Style, text: string): string {
    return this.#paint(this.stdout, format, text);
  }

  /** Styles text meant for stderr. */
  styleError(format: Style, text: string): string {
    return this.#paint(this.stderr, format, text);
  }

  #paint(stream: OutputStream, format: Style, text: string): string {
    const color = this.#color ?? stream.isTTY === true;
    return color ? styleText(format, text, { validateStream: false }) : text;
  }

  /** Lines on a terminal's stderr that are redrawn in place, below all that is written meanwhile; none ends them. */
  showLive(lines: readonly string[]): void {
    if (!this.quiet && this.stderr.isTTY) {
      this.#live.draw(lines);
    }
  }

  /** Writes something that stays above the lines that are redrawn. */
  above(write: () => void): void {
    this.#live.lift(write);
  }

  /** Columns for lines that are redrawn. */
  get columns(): number {
    return this.#live.columns;
  }

  /** An event of a transfer, for programs. */
  event(value: unknown): void {
    if (this.tellsEvents) {
      this.stderr.write(`${printableJson(value)}\n`);
    }
  }

  #writeError(text: string): void {
    this.above(() => this.stderr.write(text));
  }
}
