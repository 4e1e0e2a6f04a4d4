import type { TransferEvent } from '@quarry/sdk';
import { Speed } from './speed.ts';

/** How far one file, or all of them, have come. */
export interface Reach {
  transferredBytes: number;
  /** Null while not known. */
  totalBytes: number | null;
  /** Over bytes that really moved: what was there already counts for nothing. */
  bytesPerSecond: number;
  /** Null while not known. */
  secondsLeft: number | null;
}

export interface TotalReach extends Reach {
  /** Null while not known. */
  files: number | null;
  filesDone: number;
}

interface Active {
  path: string;
  sizeBytes: number;
  transferredBytes: number;
  beganAt: number;
  speed: Speed;
}

/** Keeps the count of a transfer of one file or many, from what the engine tells. */
export class TransferTally {
  readonly #now: () => number;
  readonly #active = new Map<string, Active>();
  readonly #speed: Speed;
  #expected: { files: number | null; bytes: number | null } = { files: null, bytes: null };
  /** Of files that are done or skipped. */
  #settledBytes = 0;
  filesDone = 0;
  filesSkipped = 0;
  movedBytes = 0;
  /** Of skipped files, and of earlier attempts. */
  alreadyBytes = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.#speed = new Speed(now());
  }

  /** Says how much there is in all; null where that is not known yet. */
  expect(files: number | null, bytes: number | null): void {
    this.#expected = { files, bytes };
  }

  take(event: TransferEvent): void {
    switch (event.type) {
      case 'start':
        this.#begin(event.path, event.sizeBytes, event.resumedBytes);
        break;
      case 'progress':
        this.#advance(event.path, event.transferredBytes, event.sizeBytes);
        break;
      case 'skip':
        this.#active.delete(event.path);
        this.filesSkipped += 1;
        this.filesDone += 1;
        this.alreadyBytes += event.sizeBytes;
        this.#settledBytes += event.sizeBytes;
        break;
      case 'done':
        this.#active.delete(event.path);
        this.filesDone += 1;
        this.#settledBytes += event.sizeBytes;
        break;
      case 'retry':
      case 'repair':
        break;
    }
  }

  /** Files under way, those that began first before the others. */
  active(): { path: string; beganAt: number; reach: Reach }[] {
    return [...this.#active.values()].map(({ path, beganAt, ...file }) => ({
      path,
      beganAt,
      reach: this.#reach(file.transferredBytes, sizeOrNull(file.sizeBytes), file.speed),
    }));
  }

  /** How far one file is; undefined when it is not under way. */
  reachOf(path: string): Reach | undefined {
    const file = this.#active.get(path);
    return file && this.#reach(file.transferredBytes, sizeOrNull(file.sizeBytes), file.speed);
  }

  total(): TotalReach {
    let transferredBytes = this.#settledBytes;
    for (const file of this.#active.values()) {
      transferredBytes += file.transferredBytes;
    }
    const { files, bytes } = this.#expected;
    return { ...this.#reach(transferredBytes, bytes, this.#speed), files, filesDone: this.filesDone };
  }

  #begin(path: string, sizeBytes: number, resumedBytes: number): void {
    const now = this.#now();
    this.alreadyBytes += resumedBytes;
    const speed = new Speed(now);
    this.#active.set(path, { path, sizeBytes, transferredBytes: resumedBytes, beganAt: now, speed });
  }

  #advance(path: string, transferredBytes: number, sizeBytes: number): void {
    // What was not begun moves nothing: a file that is looked at and then left as it is.
    const file = this.#active.get(path);
    if (file === undefined) {
      return;
    }
    // Goes back where bytes must be fetched again; what is fetched again moves again.
    const moved = Math.max(0, transferredBytes - file.transferredBytes);
    file.transferredBytes = transferredBytes;
    file.sizeBytes = sizeBytes;
    file.speed.add(moved);
    this.#speed.add(moved);
    this.movedBytes += moved;
  }

  #reach(transferredBytes: number, totalBytes: number | null, speed: Speed): Reach {
    const bytesPerSecond = speed.at(this.#now());
    const isKnown = totalBytes !== null && bytesPerSecond >= 1;
    const secondsLeft = isKnown ? Math.max(0, totalBytes - transferredBytes) / bytesPerSecond : null;
    return { transferredBytes, totalBytes, bytesPerSecond, secondsLeft };
  }
}

function sizeOrNull(sizeBytes: number): number | null {
  return Number.isFinite(sizeBytes) && sizeBytes >= 0 ? sizeBytes : null;
}
