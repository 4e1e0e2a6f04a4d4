/**
 * One direction of a connection. Bytes are read only as fast as they may go on: first each piece waits until the paces
 * allow it, then it lies in the delay line until its latency is over, then it is written. Whoever does not read at the
 * far end stops the reading at the near one.
 */
import type { Socket } from 'node:net';
import type { Pace } from './pace.ts';

/** Pieces of a paced stream are what it carries in this time, so that it flows evenly. */
const PIECE_MS = 10;
const SMALLEST_PIECE_BYTES = 256;

export interface PumpOptions {
  source: Socket;
  target: Socket;
  /** Bytes must be due by all of them. */
  paces: readonly Pace[];
  latencyMs: number;
  /** Added to the latency of the first bytes. */
  firstLatencyMs: number;
  /** Bytes are about to be counted and sent: may change them, and answers how many may go before the cut. */
  admit: (bytes: Uint8Array) => number;
  /** The last admitted bytes before the cut were sent. */
  onCut: () => void;
}

interface Delayed {
  due: number;
  /** Null is the end. */
  bytes: Uint8Array | null;
}

export class Pump {
  readonly #options: PumpOptions;
  readonly #pieceBytes: number;
  /** Read, and not yet allowed to go. */
  #waiting: Uint8Array[] = [];
  /** The piece at the head of `waiting` has its place in line of the paces. */
  #due: number | null = null;
  readonly #line: Delayed[] = [];
  #paceTimer: NodeJS.Timeout | undefined;
  #lineTimer: NodeJS.Timeout | undefined;
  #sourceHasEnded = false;
  #endWasSent = false;
  #isFirst = true;
  #isCut = false;
  #stopped = false;

  constructor(options: PumpOptions) {
    this.#options = options;
    const slowest = Math.min(...options.paces.map(({ bytesPerSecond }) => bytesPerSecond));
    this.#pieceBytes = Math.max(SMALLEST_PIECE_BYTES, Math.floor((slowest * PIECE_MS) / 1000));
    const { source, target } = options;
    source.on('data', (bytes) => {
      this.#waiting.push(bytes as Buffer);
      this.#send();
    });
    source.on('end', () => {
      this.#sourceHasEnded = true;
      this.#send();
    });
    target.on('drain', () => {
      this.#flush();
      this.#send();
    });
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#paceTimer);
    clearTimeout(this.#lineTimer);
    this.#waiting = [];
    this.#line.length = 0;
  }

  /** Moves what is due from `waiting` into the delay line, and reads on when nothing waits. */
  #send(): void {
    const { source, target } = this.#options;
    while (this.#waiting.length > 0) {
      if (this.#stopped || this.#isCut) {
        return;
      }
      if (target.writableNeedDrain) {
        return void source.pause();
      }
      const [head] = this.#waiting as [Uint8Array];
      const piece = head.subarray(0, this.#pieceBytes);
      if (!this.#isDue(piece)) {
        return void source.pause();
      }
      if (piece.byteLength === head.byteLength) {
        this.#waiting.shift();
      } else {
        this.#waiting[0] = head.subarray(piece.byteLength);
      }
      this.#admit(piece);
    }
    if (this.#isCut || this.#stopped) {
      return;
    }
    if (this.#sourceHasEnded) {
      this.#sendEnd();
    } else if (source.isPaused()) {
      source.resume();
    }
  }

  #sendEnd(): void {
    if (this.#endWasSent) {
      return;
    }
    this.#endWasSent = true;
    this.#delay(null);
  }

  /** Whether the paces allow a piece now; when not, `#send` is called again once they do. */
  #isDue(piece: Uint8Array): boolean {
    const { paces } = this.#options;
    if (paces.length === 0) {
      return true;
    }
    const now = performance.now();
    this.#due ??= Math.max(...paces.map((pace) => pace.reserve(piece.byteLength, now)));
    if (this.#due > now) {
      clearTimeout(this.#paceTimer);
      this.#paceTimer = setTimeout(() => this.#send(), this.#due - now);
      return false;
    }
    this.#due = null;
    return true;
  }

  #admit(piece: Uint8Array): void {
    const count = this.#options.admit(piece);
    if (count > 0) {
      this.#delay(piece.subarray(0, count));
    }
    if (count === piece.byteLength) {
      return;
    }
    this.#isCut = true;
    this.#options.source.pause();
    if (this.#line.length === 0) {
      this.#options.onCut();
    }
  }

  #delay(bytes: Uint8Array | null): void {
    const { latencyMs, firstLatencyMs } = this.#options;
    const delayMs = latencyMs + (this.#isFirst ? firstLatencyMs : 0);
    // Bytes keep their order: nothing overtakes the first ones.
    const due = delayMs === 0 ? 0 : Math.max(performance.now() + delayMs, this.#line.at(-1)?.due ?? 0);
    this.#isFirst = false;
    this.#line.push({ due, bytes });
    this.#flush();
  }

  /** Writes what has been in the delay line long enough. */
  #flush(): void {
    const { target } = this.#options;
    clearTimeout(this.#lineTimer);
    while (this.#line.length > 0) {
      const [{ due, bytes }] = this.#line as [Delayed];
      if (target.writableNeedDrain) {
        return;
      }
      const leftMs = due === 0 ? 0 : due - performance.now();
      if (leftMs > 0) {
        this.#lineTimer = setTimeout(() => this.#flush(), leftMs);
        return;
      }
      this.#line.shift();
      if (bytes === null) {
        target.end();
      } else {
        target.write(bytes);
      }
    }
    if (this.#isCut && !this.#stopped) {
      this.#options.onCut();
    }
  }
}
