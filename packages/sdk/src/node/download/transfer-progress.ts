import type { OnProgress } from '../../lib/progress.ts';
import type { OnTransferEvent, TransferEvent } from '../../lib/transfer-events.ts';

/** Progress is told after each so many bytes, or after so long when bytes come slowly. */
const STEP_BYTES = 1024 * 1024;
const STEP_MS = 100;

interface Count {
  transferredBytes: number;
  sizeBytes: number | null;
  toldBytes: number;
  toldAt: number;
}

/** Counts what moves, and tells the caller now and then. */
export class TransferProgress {
  readonly #onEvent: OnTransferEvent | undefined;
  readonly #onProgress: OnProgress | undefined;
  readonly #onFailure: (error: unknown) => void;
  readonly #files = new Map<string, Count>();
  #transferredBytes = 0;
  #totalBytes = 0;
  #unknownSizes = 0;
  #told = -1;

  /** `onFailure` gets what the caller's functions throw: they are called where nobody else would catch it. */
  constructor(
    { onEvent, onProgress }: { onEvent?: OnTransferEvent; onProgress?: OnProgress },
    onFailure: (error: unknown) => void,
  ) {
    this.#onEvent = onEvent;
    this.#onProgress = onProgress;
    this.#onFailure = onFailure;
  }

  size(path: string, sizeBytes: number | null): void {
    const count = this.#of(path);
    this.#totalBytes += (sizeBytes ?? 0) - (count.sizeBytes ?? 0);
    this.#unknownSizes += Number(sizeBytes === null) - Number(count.sizeBytes === null);
    count.sizeBytes = sizeBytes;
  }

  moved(path: string, change: number): void {
    const count = this.#of(path);
    count.transferredBytes += change;
    this.#transferredBytes += change;
    const isComplete = count.transferredBytes === count.sizeBytes;
    const isFar = Math.abs(count.transferredBytes - count.toldBytes) >= STEP_BYTES;
    const now = performance.now();
    if (!isComplete && !isFar && now - count.toldAt < STEP_MS) {
      return;
    }
    count.toldAt = now;
    count.toldBytes = count.transferredBytes;
    const { transferredBytes, sizeBytes } = count;
    this.tell({ type: 'progress', path, transferredBytes, sizeBytes: sizeBytes ?? transferredBytes });
    this.#tellSum();
  }

  tell(event: TransferEvent): void {
    this.#safely(() => this.#onEvent?.(event));
  }

  /** Tells the last sum, if it was not told yet. */
  end(): void {
    if (this.#told !== this.#transferredBytes) {
      this.#tellSum();
    }
  }

  #tellSum(): void {
    this.#told = this.#transferredBytes;
    const totalBytes = this.#unknownSizes > 0 ? null : this.#totalBytes;
    this.#safely(() => this.#onProgress?.({ transferredBytes: this.#transferredBytes, totalBytes }));
  }

  #of(path: string): Count {
    let count = this.#files.get(path);
    if (count === undefined) {
      count = { transferredBytes: 0, sizeBytes: 0, toldBytes: 0, toldAt: 0 };
      this.#files.set(path, count);
    }
    return count;
  }

  #safely(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
