import type { Clock } from '../clock.ts';
import type { OutputStream, Style } from '../io.ts';
import { formatBytes, formatDuration } from './human.ts';
import { printable } from './printable.ts';
import { textWidth, truncate } from './width.ts';

export interface ProgressOptions {
  label: string;
  /** Bytes in all; undefined when unknown. */
  total?: number;
  /** What the closing line says was done, such as `Uploaded`. */
  done: string;
}

interface ProgressSurroundings {
  clock: Clock;
  stream: OutputStream;
  silent: boolean;
  paint: (format: Style, text: string) => string;
}

const REDRAW_MILLISECONDS = 100;
/** Time constant of the moving average: speed follows a change within a few seconds. */
const SPEED_WINDOW_SECONDS = 3;
const BAR_COLUMNS = 24;
/** Of smaller files only the time to connect would be measured. */
const SMALLEST_MEASURED_BYTES = 1024 * 1024;

/** Progress of one transfer, counted in bytes. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #around: ProgressSurroundings;
  readonly #startedAt: number;
  #bytes = 0;
  #speed: number | undefined;
  #measuredAt: number;
  #measuredBytes = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #drawn = false;

  constructor(options: ProgressOptions, around: ProgressSurroundings) {
    this.#options = options;
    this.#around = around;
    this.#startedAt = around.clock.now();
    this.#measuredAt = this.#startedAt;
  }

  /** Says how many bytes are done by now, and how many there are in all once that is known. */
  update(bytes: number, total?: number): void {
    this.#bytes = bytes;
    if (total !== undefined) this.#options.total = total;
    const now = this.#around.clock.now();
    if (now - this.#drawnAt < REDRAW_MILLISECONDS) return;
    this.#measureSpeed(now);
    this.#drawnAt = now;
    if (this.#around.silent || !this.#around.stream.isTTY) return;
    this.#draw();
  }

  /** Ends the bar with one line that stays. */
  finish(): void {
    if (this.#around.silent) return;
    const seconds = (this.#around.clock.now() - this.#startedAt) / 1000;
    const speed =
      seconds > 0 && this.#bytes >= SMALLEST_MEASURED_BYTES
        ? `, ${formatBytes(this.#bytes / seconds)}/s`
        : '';
    this.#clear();
    const { done, label } = this.#options;
    const size = formatBytes(this.#bytes);
    this.#around.stream.write(
      `${done} ${printable(label)} (${size} in ${formatDuration(seconds)}${speed})\n`,
    );
  }

  /** Takes the bar away without a closing line, as after an error. */
  abandon(): void {
    this.#clear();
  }

  #measureSpeed(now: number): void {
    const seconds = (now - this.#measuredAt) / 1000;
    if (seconds <= 0) return;
    const current = (this.#bytes - this.#measuredBytes) / seconds;
    const weight = 1 - Math.exp(-seconds / SPEED_WINDOW_SECONDS);
    this.#speed = this.#speed === undefined ? current : this.#speed + weight * (current - this.#speed);
    this.#measuredAt = now;
    this.#measuredBytes = this.#bytes;
  }

  #draw(): void {
    const { label, total } = this.#options;
    const speed = this.#speed ?? 0;
    const parts: string[] = [];
    if (total !== undefined && total > 0) {
      const share = Math.min(1, this.#bytes / total);
      const filled = Math.round(share * BAR_COLUMNS);
      const bar = '█'.repeat(filled) + '░'.repeat(BAR_COLUMNS - filled);
      parts.push(this.#around.paint('cyan', bar), `${Math.floor(share * 100)}%`.padStart(4));
      parts.push(`${formatBytes(this.#bytes)} of ${formatBytes(total)}`);
    } else parts.push(formatBytes(this.#bytes));
    if (speed > 0) parts.push(`${formatBytes(speed)}/s`);
    if (speed > 0 && total !== undefined && total > this.#bytes) {
      parts.push(`${formatDuration((total - this.#bytes) / speed)} left`);
    }
    const tail = parts.join('  ');
    const room = (this.#around.stream.columns || 80) - textWidth(tail) - 3;
    const name = room >= 8 ? `${truncate(printable(label), room)}  ` : '';
    this.#around.stream.write(`\r\u001b[K${name}${tail}`);
    this.#drawn = true;
  }

  #clear(): void {
    if (this.#drawn) this.#around.stream.write('\r\u001b[K');
    this.#drawn = false;
  }
}
