import { relative, resolve, sep } from 'node:path';
import type { TransferEvent } from '@quarry/sdk';
import type { Clock } from '../clock.ts';
import type { Io } from '../io.ts';
import { count, formatBytes, formatDuration } from '../output/human.ts';
import { printable } from '../output/printable.ts';
import { JsonEvents } from './json-events.ts';
import { describeReach, renderTransfer } from './lines.ts';
import { TransferTally } from './tally.ts';

export interface TransferOptions {
  direction: 'down' | 'up';
  /** What it is called: a file, or what the files are; where it is absent, they are counted. */
  label?: string;
  /** Names of files are shown from here on; absent where it is one file, which the label names. */
  folder?: string;
  /** How many files and bytes there are, where that is known from the start. */
  files?: number;
  bytes?: number;
  /** Tells events with `--json`: where the transfer is what the command is for. */
  events?: boolean;
  /** How to go on after an interruption. */
  goOn?: string;
}

const REDRAW_MILLISECONDS = 100;
/** Bytes that do not come tell nothing: so often the lines are drawn anyway. */
const IDLE_REDRAW_MILLISECONDS = 500;
/** Where nothing can be redrawn, a line this often. */
const NEWS_MILLISECONDS = 5000;
/** A file whose connections break one after the other says so once within this time. */
const SAME_TROUBLE_MILLISECONDS = 3000;
/** Of smaller transfers only the time to connect would be measured. */
const SMALLEST_MEASURED_BYTES = 1024 * 1024;

const words = {
  down: { done: 'Downloaded', already: 'were here already', again: 'fetched again' },
  up: { done: 'Uploaded', already: 'were there already', again: 'sent again' },
} as const;

/**
 * What a person or a program sees of a transfer on standard error: lines redrawn in place on a terminal, a line now and
 * then elsewhere and one at the end, events with `--json`, nothing with `--quiet`.
 */
export class Transfer {
  readonly #options: TransferOptions;
  readonly #io: Io;
  readonly #clock: Clock;
  readonly #tally: TransferTally;
  readonly #events: JsonEvents;
  readonly #startedAt: number;
  readonly #troubledAt = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #toldAt: number;
  #status = '';

  constructor(options: TransferOptions, io: Io) {
    this.#options = options;
    this.#io = io;
    const { clock } = io;
    this.#clock = clock;
    const now = () => clock.now();
    this.#tally = new TransferTally(now);
    this.#events = new JsonEvents(this.#tally, now);
    this.#startedAt = clock.now();
    this.#toldAt = this.#startedAt;
    if (options.files !== undefined) {
      this.expect(options.files, options.bytes ?? null);
    }
    this.#timer = setInterval(() => this.#show(), IDLE_REDRAW_MILLISECONDS).unref();
  }

  /** Says how many files and bytes there are; null where that is not known yet. */
  expect(files: number | null, bytes: number | null): void {
    this.#tally.expect(files, bytes);
  }

  /** Bytes that moved in this transfer, and those that were in place before. */
  get moved(): { bytes: number; alreadyBytes: number; filesSkipped: number } {
    const { movedBytes, alreadyBytes, filesSkipped } = this.#tally;
    return { bytes: movedBytes, alreadyBytes, filesSkipped };
  }

  /** A line below the files that says what is waited for; none when empty. */
  say(status: string): void {
    this.#status = status;
    this.#show();
  }

  readonly take = (event: TransferEvent): void => {
    this.#tally.take(event);
    if (this.#options.events && this.#io.tellsEvents) {
      const told = this.#events.next(event);
      if (told) {
        this.#io.event(told);
      }
    }
    const trouble = this.#describeTrouble(event);
    if (trouble !== undefined) {
      this.#io.note(trouble);
    }
    this.#show();
  };

  /** Ends with one line that stays; none where there was nothing to do. */
  finish(): void {
    this.#close();
    if (this.#tally.filesDone > 0) {
      this.#io.note(this.#closingLine());
    }
  }

  /** Ends without a closing line, as after an error. */
  abandon(): void {
    this.#close();
  }

  #close(): void {
    clearInterval(this.#timer);
    this.#io.showLive([]);
  }

  #show(): void {
    if (this.#io.quiet) {
      return;
    }
    const now = this.#clock.now();
    if (this.#io.stderr.isTTY) {
      if (now - this.#drawnAt < REDRAW_MILLISECONDS) {
        return;
      }
      this.#drawnAt = now;
      this.#io.showLive(this.#lines(now));
    } else if (now - this.#toldAt >= NEWS_MILLISECONDS && this.#tally.active().length > 0) {
      this.#toldAt = now;
      this.#io.note(`${this.#shownLabel}: ${describeReach(this.#tally)}`);
    }
  }

  #lines(now: number): string[] {
    const { columns } = this.#io;
    const status =
      this.#status === '' ? [] : [this.#io.styleError('dim', printable(this.#status).slice(0, columns))];
    if (this.#status !== '' && this.#tally.active().length === 0) {
      return status;
    }
    const paint = this.#io.styleError.bind(this.#io);
    const nameOf = (path: string) => this.#nameOf(path);
    const lines = renderTransfer(this.#tally, { label: this.#shownLabel, nameOf, now, columns, paint });
    return [...lines, ...status];
  }

  get #shownLabel(): string {
    const { label } = this.#options;
    if (label !== undefined) {
      return printable(label);
    }
    return count(this.#tally.total().files ?? this.#tally.filesDone, 'file');
  }

  #nameOf(path: string): string {
    if (this.#options.folder === undefined) {
      return this.#shownLabel;
    }
    const below = relative(resolve(this.#options.folder), resolve(path));
    return printable(below === '' || below === '..' || below.startsWith(`..${sep}`) ? path : below);
  }

  #describeTrouble(event: TransferEvent): string | undefined {
    const name = this.#nameOf(event.path);
    if (event.type === 'start' && event.resumedBytes > 0) {
      const [from, of] = [event.resumedBytes, event.sizeBytes].map(formatBytes);
      return `${name}: going on from ${from} of ${of}, which ${words[this.#options.direction].already}.`;
    }
    if (event.type === 'restart') {
      return `${name}: ${event.message}`;
    }
    if (event.type === 'repair') {
      const bytes = event.ranges.reduce((sum, { start, end }) => sum + end - start, 0);
      const { again } = words[this.#options.direction];
      return `${name}: ${formatBytes(bytes)} arrived damaged and are ${again}.`;
    }
    if (event.type !== 'retry') {
      return undefined;
    }
    const now = this.#clock.now();
    if (now - (this.#troubledAt.get(event.path) ?? Number.NEGATIVE_INFINITY) < SAME_TROUBLE_MILLISECONDS) {
      return undefined;
    }
    this.#troubledAt.set(event.path, now);
    const message = event.message.replace(/[.\s]*$/, '');
    return `${name}: ${message}. Trying again in ${formatDuration(event.waitMs / 1000)}.`;
  }

  #closingLine(): string {
    const { done, already } = words[this.#options.direction];
    const { transferredBytes, filesDone } = this.#tally.total();
    const { movedBytes, alreadyBytes } = this.#tally;
    const seconds = (this.#clock.now() - this.#startedAt) / 1000;
    const size = formatBytes(Math.max(0, transferredBytes - alreadyBytes));
    const files = filesDone > 1 && this.#options.label !== undefined ? `${count(filesDone, 'file')}, ` : '';
    const speed =
      seconds > 0 && movedBytes >= SMALLEST_MEASURED_BYTES ? `, ${formatBytes(movedBytes / seconds)}/s` : '';
    const rest = alreadyBytes > 0 ? `; ${formatBytes(alreadyBytes)} ${already}` : '';
    return `${done} ${this.#shownLabel} (${files}${size} in ${formatDuration(seconds)}${speed}${rest})`;
  }
}

/** Shows a transfer while `work` goes on, and ends it with a line when that went well. */
export async function showTransfer<Result>(
  options: TransferOptions,
  io: Io,
  work: (transfer: Transfer) => Promise<Result>,
): Promise<Result> {
  const transfer = new Transfer(options, io);
  try {
    const result = await work(transfer);
    transfer.finish();
    return result;
  } catch (error) {
    transfer.abandon();
    const isInterrupted = error instanceof Error && error.name === 'AbortError';
    if (isInterrupted && options.goOn !== undefined) {
      io.advise(options.goOn);
    }
    throw error;
  }
}
