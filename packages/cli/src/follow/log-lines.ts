import { findStoredLog, type LogOf, readLiveLog, readStoredLog } from './log.ts';

/** The log of a run as lines, each handed out once, to be shown beside something else. */
export class LogLines {
  readonly #of: LogOf;
  readonly #decoder = new TextDecoder();
  #offset = 0;
  #unfinished = '';

  constructor(of: LogOf) {
    this.#of = of;
  }

  /** Lines that were written since the last call; everything that is left once the job has ended. */
  async next(hasEnded: boolean): Promise<string[]> {
    for (const bytes of await this.#read(hasEnded)) {
      this.#offset += bytes.length;
      this.#unfinished += this.#decoder.decode(bytes, { stream: true });
    }
    const lines = this.#unfinished.split('\n');
    this.#unfinished = hasEnded ? '' : lines.pop()!;
    return hasEnded && lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  }

  async #read(hasEnded: boolean): Promise<Uint8Array[]> {
    if (!hasEnded) {
      const live = await readLiveLog(this.#of, this.#offset);
      return live ? [live] : [];
    }
    const file = await findStoredLog(this.#of);
    const pieces: Uint8Array[] = [];
    if (file) for await (const bytes of readStoredLog(this.#of, file, this.#offset)) pieces.push(bytes);
    return pieces;
  }
}
