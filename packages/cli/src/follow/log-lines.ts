import { findStoredLog, type LogBytes, type LogOf, openLiveLog, readStoredLog } from './log.ts';

const LINE_END = /\r\n|\r|\n/;

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
    for await (const bytes of (await this.#open(hasEnded))?.pieces ?? []) {
      this.#offset += bytes.length;
      this.#unfinished += this.#decoder.decode(bytes, { stream: true });
    }
    // A carriage return may be the first half of a line end.
    const held = !hasEnded && this.#unfinished.endsWith('\r') ? '\r' : '';
    const lines = this.#unfinished.slice(0, this.#unfinished.length - held.length).split(LINE_END);
    this.#unfinished = hasEnded ? '' : lines.pop()! + held;
    return hasEnded && lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  }

  async #open(hasEnded: boolean): Promise<LogBytes | null> {
    const start = this.#offset;
    if (!hasEnded) {
      return openLiveLog(this.#of, { from: start });
    }
    const file = await findStoredLog(this.#of);
    return file ? { start, pieces: readStoredLog(this.#of, file, start) } : null;
  }
}
