import type { Transport } from '../transport.ts';
import { PlainConnection, Unsuitable } from './plain-connection.ts';

/** The fast way of one stream: a plain connection, opened when it is first needed and again after it broke. */
export class RangeLine implements Disposable {
  readonly #transport: Transport;
  readonly #url: URL;
  readonly #sizeBytes: number;
  readonly #signal: AbortSignal;
  readonly #headers: Record<string, string>;
  #connection: PlainConnection | null = null;
  #suitable: boolean;

  constructor(transport: Transport, path: string, sizeBytes: number, signal: AbortSignal) {
    this.#transport = transport;
    this.#url = new URL(transport.url(path));
    this.#sizeBytes = sizeBytes;
    this.#signal = signal;
    this.#headers = { ...transport.headers(), accept: '*/*' };
    const printable = Object.values(this.#headers).every((value) => /^[\x20-\x7e]*$/.test(value));
    this.#suitable = this.#url.protocol === 'http:' && printable;
  }

  /** Fills `into` with bytes `start` to `end` (excluded); false when this way does not do for the platform. */
  async get(
    start: number,
    end: number,
    into: Uint8Array,
    onBytes: (count: number) => void,
  ): Promise<boolean> {
    if (!this.#suitable) return false;
    this.#signal.throwIfAborted();
    if (!this.#connection?.usable) {
      this.#connection = new PlainConnection(this.#url.origin, this.#transport.timeoutMs);
    }
    const connection = this.#connection;
    const onAbort = () => connection[Symbol.dispose]();
    this.#signal.addEventListener('abort', onAbort, { once: true });
    const target = this.#url.pathname + this.#url.search;
    try {
      const sizeBytes = this.#sizeBytes;
      await connection.get({ target, headers: this.#headers, start, end, sizeBytes, into, onBytes });
      return true;
    } catch (error) {
      if (!(error instanceof Unsuitable)) throw error;
      this.#suitable = false;
      return false;
    } finally {
      this.#signal.removeEventListener('abort', onAbort);
    }
  }

  [Symbol.dispose](): void {
    this.#connection?.[Symbol.dispose]();
  }
}
