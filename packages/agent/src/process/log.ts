/**
 * The log of a run. Output reaches the file as it arrives: the prefix is written when a line begins and the
 * line's bytes pass through unchanged, so neither a line without end nor bytes that are no text need memory.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { QUOTED_LOG_BYTES, QUOTED_LOG_LINES } from '../limits.ts';

const NEWLINE = 10;
const PREFIX_LENGTH = 24;
const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;

export class RunLog {
  readonly path: string;
  readonly #fd: number;
  readonly #limitBytes: number;
  #writtenBytes = 0;
  #midLine = false;
  #dropping = false;
  #prefixSecond = 0;
  #prefix = Buffer.alloc(0);
  readonly #onLost: (error: Error) => void;
  /** The first write that failed, such as on a full disk; what comes after it is lost. */
  lost: Error | null = null;

  /** `onLost` is called once, when the log can no longer be written. */
  constructor(path: string, limitBytes: number, onLost: (error: Error) => void = () => {}) {
    this.path = path;
    this.#limitBytes = limitBytes;
    this.#onLost = onLost;
    // Appending, since the command can shorten the file through its link in the work directory.
    this.#fd = openSync(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o644);
    // That of a resumed run goes on.
    this.#writtenBytes = fstatSync(this.#fd).size;
  }

  /** Bytes of a command, as they come. */
  output(chunk: Buffer): void {
    if (this.#dropping) {
      return;
    }
    const prefixed = this.#prefixed(chunk);
    const room = this.#limitBytes - this.#writtenBytes;
    if (prefixed.length <= room) {
      this.#write(prefixed);
      return;
    }
    // Whole lines as far as they fit, or what fits of a line that is too long for that.
    const fitting = prefixed.subarray(0, Math.max(0, room));
    const kept = fitting.subarray(0, fitting.lastIndexOf(NEWLINE) + 1 || fitting.length);
    this.#write(kept);
    this.#midLine = kept.length > 0 && kept.at(-1) !== NEWLINE;
    this.#dropping = true;
    this.line(
      `The log has reached its limit of ${this.#limitBytes} bytes: further output is dropped, the command goes on.`,
    );
  }

  /** A text of the agent's own, which begins on a new line; each of its lines is prefixed. Has no size limit. */
  line(text: string): void {
    this.endLine();
    this.#write(this.#prefixed(Buffer.from(`${text}\n`)));
  }

  /** Ends a line that the command left open. */
  endLine(): void {
    if (this.#midLine) {
      this.#midLine = false;
      this.#write(Buffer.from('\n'));
    }
  }

  /** The last lines, for people, without prefixes. */
  lastLines(): string {
    try {
      return quoteEnd(this.path);
    } catch {
      return '';
    }
  }

  /** Ends the log; it reaches the disk for good when it is hashed as an output. */
  close(): void {
    this.endLine();
    closeSync(this.#fd);
  }

  #prefixed(chunk: Buffer): Buffer {
    const parts: Buffer[] = [];
    for (let start = 0; start < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline === -1 ? chunk.length : newline + 1;
      if (!this.#midLine) {
        parts.push(this.#currentPrefix());
      }
      parts.push(chunk.subarray(start, end));
      this.#midLine = newline === -1;
      start = end;
    }
    return Buffer.concat(parts);
  }

  #currentPrefix(): Buffer {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#prefixSecond) {
      this.#prefixSecond = second;
      this.#prefix = Buffer.from(`[${new Date(second * 1000).toISOString().slice(0, 19)}Z]: `);
    }
    return this.#prefix;
  }

  #write(bytes: Buffer): void {
    if (this.lost !== null) {
      return;
    }
    try {
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(this.#fd, bytes, written);
      }
      this.#writtenBytes += bytes.length;
    } catch (error) {
      this.lost = error as Error;
      this.#onLost(this.lost);
    }
  }
}

function quoteEnd(path: string): string {
  const { size } = statSync(path);
  const bytes = Buffer.alloc(Math.min(size, QUOTED_LOG_BYTES));
  const fd = openSync(path, 'r');
  try {
    readSync(fd, bytes, 0, bytes.length, size - bytes.length);
  } finally {
    closeSync(fd);
  }
  return bytes
    .toString('utf8')
    .split('\n')
    .map((line) => (line.startsWith('[') ? line.slice(PREFIX_LENGTH) : line))
    .filter((line) => line.trim() !== '')
    .slice(-QUOTED_LOG_LINES)
    .join('\n');
}
