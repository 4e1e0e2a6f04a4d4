/**
 * Finds where bodies are in one direction of an HTTP/1.1 connection (RFC 9112, section 6): as much of the protocol as
 * it takes to know a byte of a body from one of a head.
 */

const LONGEST_HEAD_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

export interface HttpBodiesOptions {
  /** Methods of requests that have no answer yet, first sent first: requests add to them, answers take from them. */
  methods: string[];
  kind: 'requests' | 'responses';
  /** A body begins, its length unknown (infinite) when chunked or until the end: answers offsets of interest in it. */
  onBody: (sizeBytes: number) => number[];
}

type State =
  | { in: 'head'; text: string }
  | { in: 'body'; left: number; next: 'head' | 'chunk-line' }
  | { in: 'chunk-line'; text: string }
  | { in: 'trailer'; text: string }
  /** Not HTTP, or no longer: nothing more is found. */
  | { in: 'tunnel' };

export class HttpBodies {
  readonly #options: HttpBodiesOptions;
  #state: State = { in: 'head', text: '' };
  #offset = 0;
  #wanted: number[] = [];

  constructor(options: HttpBodiesOptions) {
    this.#options = options;
  }

  /** Bytes pass; `found` is told where in them the wanted bytes of bodies are. */
  pass(bytes: Uint8Array, found: (at: number) => void): void {
    for (let at = 0; at < bytes.byteLength; ) {
      const state = this.#state;
      if (state.in === 'tunnel') {
        return;
      }
      at = state.in === 'body' ? this.#passBody(state, bytes, at, found) : this.#passLine(state, bytes, at);
    }
  }

  /** Answers where the body ends in these bytes. */
  #passBody(
    state: Extract<State, { in: 'body' }>,
    bytes: Uint8Array,
    at: number,
    found: (at: number) => void,
  ): number {
    const count = Math.min(state.left, bytes.byteLength - at);
    this.#find(at, count, found);
    state.left -= count;
    if (state.left === 0) {
      this.#state = { in: state.next, text: '' };
    }
    return at + count;
  }

  /** Answers where the line ends in these bytes. */
  #passLine(state: Exclude<State, { in: 'body' | 'tunnel' }>, bytes: Uint8Array, at: number): number {
    const lineEnd = bytes.indexOf(LINE_FEED, at);
    const end = lineEnd < 0 ? bytes.byteLength : lineEnd + 1;
    if (state.text.length + end - at > LONGEST_HEAD_BYTES) {
      this.#state = { in: 'tunnel' };
    } else {
      state.text += Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString('latin1');
      if (lineEnd >= 0) {
        this.#readLines(state);
      }
    }
    return end;
  }

  #find(at: number, count: number, found: (at: number) => void): void {
    for (const offset of this.#wanted) {
      if (offset >= this.#offset && offset < this.#offset + count) {
        found(at + offset - this.#offset);
      }
    }
    this.#offset += count;
  }

  #readLines(state: Exclude<State, { in: 'body' | 'tunnel' }>): void {
    if (state.in === 'head') {
      if (state.text.endsWith('\r\n\r\n')) {
        this.#state = this.#afterHead(state.text);
      }
    } else if (state.in === 'chunk-line') {
      // The line break behind the chunk before comes first.
      if (state.text === '\r\n') {
        return;
      }
      const size = Number.parseInt(state.text.trim(), 16);
      if (!(size >= 0)) {
        this.#state = { in: 'tunnel' };
      } else {
        this.#state =
          size === 0 ? { in: 'trailer', text: '' } : { in: 'body', left: size, next: 'chunk-line' };
      }
    } else if (state.text === '\r\n' || state.text.endsWith('\r\n\r\n')) {
      this.#state = { in: 'head', text: '' };
    }
  }

  #afterHead(head: string): State {
    const [first = '', ...lines] = head.trimStart().split('\r\n');
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const next: State = { in: 'head', text: '' };
    const isResponse = this.#options.kind === 'responses';
    if (isResponse) {
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1]);
      if (Number.isNaN(status) || status === 101) {
        return { in: 'tunnel' };
      }
      if (status < 200) {
        return next;
      }
      const method = this.#options.methods.shift();
      if (method === 'HEAD' || status === 204 || status === 304) {
        return next;
      }
    } else {
      const method = /^([A-Z]+) \S+ HTTP\/1\.[01]$/.exec(first)?.[1];
      if (method === undefined) {
        return { in: 'tunnel' };
      }
      this.#options.methods.push(method);
    }
    if (/\bchunked\b/i.test(headers.get('transfer-encoding') ?? '')) {
      this.#begin(Number.POSITIVE_INFINITY);
      return { in: 'chunk-line', text: '' };
    }
    const length = headers.get('content-length');
    // Without either, an answer lasts until the connection ends and a request has no body.
    const sizeBytes = length === undefined ? (isResponse ? Number.POSITIVE_INFINITY : 0) : Number(length);
    if (!(sizeBytes > 0)) {
      return next;
    }
    this.#begin(sizeBytes);
    return { in: 'body', left: sizeBytes, next: 'head' };
  }

  #begin(sizeBytes: number): void {
    this.#offset = 0;
    this.#wanted = this.#options.onBody(sizeBytes);
  }
}
