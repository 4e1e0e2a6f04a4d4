import type { Deliverable, Delivery } from '@quarry/contract';
import { DELIVERY_BATCH_BYTES, DELIVERY_FILES } from '../limits.ts';
import type { Turns } from '../turns.ts';

export interface SmallFile extends Deliverable {
  /** Gives its bytes, when it is about to be sent; throws where that cannot be. */
  read: () => Buffer;
}

export type ReadFile = Deliverable & { bytes: Buffer };

interface Waiting {
  file: SmallFile;
  answered: PromiseWithResolvers<Delivery>;
}

/** Small files of all runs, gathered while others are on their way, so that many share a request and a wait for the disk. */
export class Batches {
  readonly #bring: (files: readonly ReadFile[]) => Promise<Delivery[]>;
  readonly #turns: Turns;
  readonly #waiting: Waiting[] = [];
  #isAsked = false;

  constructor(bring: (files: readonly ReadFile[]) => Promise<Delivery[]>, turns: Turns) {
    this.#bring = bring;
    this.#turns = turns;
  }

  /** Brings one file, among others; rejects when the request that it is part of fails. */
  bring(file: SmallFile): Promise<Delivery> {
    const answered = Promise.withResolvers<Delivery>();
    this.#waiting.push({ file, answered });
    this.#ask();
    return answered.promise;
  }

  #ask(): void {
    if (this.#isAsked || this.#waiting.length === 0) {
      return;
    }
    this.#isAsked = true;
    void this.#turns.take(() => {
      this.#isAsked = false;
      const batch = this.#take();
      this.#ask();
      return this.#send(batch);
    });
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const sent: Waiting[] = [];
    const files: ReadFile[] = [];
    for (const each of batch) {
      try {
        const { sha512, sizeBytes } = each.file;
        files.push({ sha512, sizeBytes, bytes: each.file.read() });
        sent.push(each);
      } catch (error) {
        each.answered.reject(error);
      }
    }
    if (sent.length === 0) {
      return;
    }
    try {
      const answers = await this.#bring(files);
      for (const [index, { answered }] of sent.entries()) {
        answered.resolve(answers[index]!);
      }
    } catch (error) {
      for (const { answered } of sent) {
        answered.reject(error);
      }
    }
  }

  #take(): Waiting[] {
    let count = 0;
    let bytes = 0;
    for (const { file } of this.#waiting) {
      bytes += file.sizeBytes;
      if (count === DELIVERY_FILES || (count > 0 && bytes > DELIVERY_BATCH_BYTES)) {
        break;
      }
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
