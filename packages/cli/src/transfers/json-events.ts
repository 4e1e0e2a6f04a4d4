import type { TransferEvent } from '@quarry/sdk';
import type { Reach, TotalReach, TransferTally } from './tally.ts';

/** A file tells how far it has come no more often than this. */
const PROGRESS_MILLISECONDS = 1000;

/** A line of standard error with `--json`. Field names are stable: fields and events are added, never renamed. */
export type JsonEvent = { file: string } & (
  | { event: 'resume'; resumedBytes: number; totalBytes: number }
  | ({ event: 'progress'; total: TotalReach } & Reach)
  | { event: 'skip'; totalBytes: number; reason: 'same' | 'known' }
  | { event: 'retry'; message: string; waitSeconds: number }
  | { event: 'repair'; ranges: { start: number; end: number }[] }
  | { event: 'done'; totalBytes: number; sha512: string }
);

/** Puts what the engine tells into the words of `--json`. */
export class JsonEvents {
  readonly #tally: TransferTally;
  readonly #now: () => number;
  readonly #toldAt = new Map<string, number>();

  constructor(tally: TransferTally, now: () => number) {
    this.#tally = tally;
    this.#now = now;
  }

  /** The event to tell, undefined where there is nothing to tell right now. */
  next(event: TransferEvent): JsonEvent | undefined {
    const { path: file } = event;
    switch (event.type) {
      case 'start':
        this.#toldAt.set(file, this.#now());
        if (event.resumedBytes === 0) {
          return undefined;
        }
        return { event: 'resume', file, resumedBytes: event.resumedBytes, totalBytes: event.sizeBytes };
      case 'progress':
        return this.#progress(file);
      case 'skip':
        return { event: 'skip', file, totalBytes: event.sizeBytes, reason: event.reason };
      case 'retry':
        return { event: 'retry', file, message: event.message, waitSeconds: event.waitMs / 1000 };
      case 'repair':
        return { event: 'repair', file, ranges: event.ranges.map(({ start, end }) => ({ start, end })) };
      case 'done':
        this.#toldAt.delete(file);
        return { event: 'done', file, totalBytes: event.sizeBytes, sha512: event.sha512 };
    }
  }

  #progress(file: string): JsonEvent | undefined {
    const now = this.#now();
    const toldAt = this.#toldAt.get(file);
    const reach = this.#tally.reachOf(file);
    if (toldAt === undefined || reach === undefined || now - toldAt < PROGRESS_MILLISECONDS) {
      return undefined;
    }
    this.#toldAt.set(file, now);
    return { event: 'progress', file, ...rounded(reach), total: rounded(this.#tally.total()) };
  }
}

function rounded<Of extends Reach>(reach: Of): Of {
  const { bytesPerSecond, secondsLeft } = reach;
  return {
    ...reach,
    bytesPerSecond: Math.round(bytesPerSecond),
    secondsLeft: secondsLeft === null ? null : Number(secondsLeft.toFixed(1)),
  };
}
