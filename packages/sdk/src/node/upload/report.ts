import type { OnProgress } from '../../lib/progress.ts';
import type { OnTransferEvent, TransferEvent } from '../../lib/transfer-events.ts';

/** Tells the caller of one upload how it goes, in both ways of telling. */
export class Report {
  readonly #path: string;
  readonly #sizeBytes: number;
  readonly #onEvent: OnTransferEvent | undefined;
  readonly #onProgress: OnProgress | undefined;

  constructor(
    { path, sizeBytes }: { path: string; sizeBytes: number },
    { onEvent, onProgress }: { onEvent?: OnTransferEvent; onProgress?: OnProgress },
  ) {
    this.#path = path;
    this.#sizeBytes = sizeBytes;
    this.#onEvent = onEvent;
    this.#onProgress = onProgress;
  }

  start(resumedBytes: number): void {
    this.#tell({ type: 'start', path: this.#path, sizeBytes: this.#sizeBytes, resumedBytes });
  }

  progress(transferredBytes: number): void {
    this.#tell({ type: 'progress', path: this.#path, transferredBytes, sizeBytes: this.#sizeBytes });
    this.#onProgress?.({ transferredBytes, totalBytes: this.#sizeBytes });
  }

  retry(reason: unknown, waitMs: number): void {
    const message = reason instanceof Error ? reason.message : String(reason);
    this.#tell({ type: 'retry', path: this.#path, message, waitMs });
  }

  repair(ranges: readonly { start: number; end: number }[]): void {
    this.#tell({ type: 'repair', path: this.#path, ranges });
  }

  /** The platform has the bytes: for who shows a bar that is all of them. */
  skip(): void {
    this.#tell({ type: 'skip', path: this.#path, sizeBytes: this.#sizeBytes, reason: 'known' });
    this.#onProgress?.({ transferredBytes: this.#sizeBytes, totalBytes: this.#sizeBytes });
  }

  done(sha512: string): void {
    this.#tell({ type: 'done', path: this.#path, sizeBytes: this.#sizeBytes, sha512 });
  }

  #tell(event: TransferEvent): void {
    this.#onEvent?.(event);
  }
}
