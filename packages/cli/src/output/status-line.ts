import type { Clock } from '../clock.ts';
import type { Io } from '../io.ts';
import { formatDuration } from './human.ts';
import { printable } from './printable.ts';
import { truncate } from './width.ts';

const REDRAW_MILLISECONDS = 1000;

/**
 * What is going on right now, on stderr: on a terminal one line that is redrawn with the time it has lasted, elsewhere
 * a line for each news.
 */
export class StatusLine {
  readonly #io: Io;
  readonly #clock: Clock;
  #text = '';
  #state = '';
  #since = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(io: Io, clock: Clock) {
    this.#io = io;
    this.#clock = clock;
  }

  /**
   * Shows a state that lasts until the next one; where there is no terminal, only if it is news by itself. Texts of
   * the same `state` are one state in other words.
   */
  show(text: string, isNews: boolean, state = text): void {
    if (this.#io.quiet || text === this.#text) {
      return;
    }
    this.#text = text;
    if (state !== this.#state) {
      this.#since = this.#clock.now();
    }
    this.#state = state;
    if (!this.#io.stderr.isTTY) {
      if (isNews) {
        this.#io.note(printable(text));
      }
      return;
    }
    this.#draw();
    this.#timer ??= setInterval(() => this.#draw(), REDRAW_MILLISECONDS).unref();
  }

  /** Writes a line that stays, above the line that does not. */
  keep(line: string): void {
    this.#clear();
    this.#io.note(line);
    this.#text = '';
    this.#state = '';
  }

  /** Takes the line away. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#clear();
    this.#text = '';
  }

  #draw(): void {
    if (this.#text === '') {
      return;
    }
    const lasted = formatDuration((this.#clock.now() - this.#since) / 1000);
    const line = truncate(`${printable(this.#text)} (${lasted})`, (this.#io.stderr.columns || 80) - 1);
    this.#io.stderr.write(`\r\u001b[K${this.#io.styleError('dim', line)}`);
  }

  #clear(): void {
    if (!this.#io.quiet && this.#io.stderr.isTTY) {
      this.#io.stderr.write('\r\u001b[K');
    }
  }
}
