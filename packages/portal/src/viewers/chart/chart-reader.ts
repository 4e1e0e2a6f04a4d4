/** Reads a file into a table, from its beginning and then on from where the last read ended, while it grows. */
import type { ByteSource } from '../byte-source.ts';
import { type Growth, keepFollowing } from '../log/growth.ts';
import type { Table } from './columns.ts';

const CHUNK_BYTES = 1024 * 1024;
/** What is drawn anew more often is not seen. */
const PAUSE_MS = 250;

/** Where bytes become a table, a worker or the page itself. */
export interface ParserPort {
  begin(): void;
  push(bytes: Uint8Array): void;
  take(options: { isWhole: boolean }): Promise<{ table: Table; dateColumns: readonly number[] }>;
  close(): void;
}

export interface ChartState {
  table: Table | null;
  dateColumns: readonly number[];
  readBytes: number;
  size: number;
  /** Whether everything was read that is to be read; of what grows, up to now. */
  isDone: boolean;
  error: unknown;
}

export const NOTHING_READ: ChartState = {
  table: null,
  dateColumns: [],
  readBytes: 0,
  size: 0,
  isDone: false,
  error: null,
};

interface ChartReaderOptions {
  /** More of a file is not read. */
  maxBytes: number;
  /** Only so much of its end is read, and what comes after that; all of it when absent. */
  endBytes?: number | undefined;
  /** Whether the file may grow yet: what stands behind its last line break may be half a line then. */
  mayGrow: boolean;
  onChange: (state: ChartState) => void;
  pauseMs?: number;
}

export class ChartReader {
  readonly #source: ByteSource;
  readonly #port: ParserPort;
  readonly #options: ChartReaderOptions;
  readonly #closing = new AbortController();
  #state = NOTHING_READ;
  #following: AbortController | null = null;
  #position = 0;
  #isPlaced = false;
  #known = 0;
  /** Reads one after another; what grows meanwhile is read by the one that is under way. */
  #reading: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastTakenMs = Number.NEGATIVE_INFINITY;

  constructor(source: ByteSource, port: ParserPort, options: ChartReaderOptions) {
    this.#source = source;
    this.#port = port;
    this.#options = options;
    port.begin();
    void this.#readOn();
  }

  /** Takes what is written from now on; what was written since the last read is read first. */
  follow(growth: Growth): void {
    this.#following?.abort();
    const following = new AbortController();
    this.#following = following;
    void this.#keepUp(growth, following.signal);
  }

  /** Nobody looks for a while. */
  unfollow(): void {
    this.#following?.abort();
    this.#following = null;
  }

  /** Reads what could not be read again. */
  retry(): void {
    this.#change({ error: null });
    void this.#readOn();
  }

  close(): void {
    this.unfollow();
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#port.close();
  }

  async #keepUp(growth: Growth, signal: AbortSignal): Promise<void> {
    const listener = {
      append: (start: number, bytes: Uint8Array) => {
        const end = start + bytes.length;
        this.#known = Math.max(this.#known, end);
        const isNext = start <= this.#position && end > this.#position && this.#reading === null;
        if (isNext && end <= this.#options.maxBytes) {
          this.#take(bytes.slice(this.#position - start));
          this.#showSoon();
        } else if (end > this.#position) {
          void this.#readOn();
        }
      },
      grow: (size: number) => {
        this.#known = Math.max(this.#known, size);
        void this.#readOn();
      },
      restart: () => {
        this.#position = 0;
        this.#known = 0;
        this.#port.begin();
        void this.#readOn();
      },
    };
    await keepFollowing(growth, listener, signal);
    if (signal.aborted) {
      return;
    }
    // The last words may have been written after they were last told of.
    while (this.#reading !== null) {
      await this.#reading;
    }
    await this.#readOn({ isEnd: true });
  }

  #readOn(options: { isEnd?: boolean } = {}): Promise<void> {
    this.#reading ??= this.#read(options).finally(() => {
      this.#reading = null;
      if (this.#position < Math.min(this.#known, this.#options.maxBytes) && this.#state.error === null) {
        void this.#readOn();
      }
    });
    return this.#reading;
  }

  async #read({ isEnd = false }: { isEnd?: boolean }): Promise<void> {
    const { maxBytes, mayGrow } = this.#options;
    const { signal } = this.#closing;
    try {
      await this.#place(signal);
      let isAtEnd = false;
      while (!isAtEnd && this.#position < maxBytes && !signal.aborted) {
        const start = this.#position;
        const { bytes, size } = await this.#source.read(
          start,
          Math.min(start + CHUNK_BYTES, maxBytes),
          signal,
        );
        // It may have begun anew meanwhile.
        if (signal.aborted || start !== this.#position) {
          continue;
        }
        // Where nothing came the file is shorter than was told: asking again would bring the same.
        this.#known = bytes.length === 0 ? start : Math.max(this.#known, size);
        this.#take(bytes);
        isAtEnd = bytes.length === 0 || this.#position >= size;
        if (performance.now() - this.#lastTakenMs > this.#pauseMs) {
          await this.#show(false);
        }
      }
      await this.#show(!mayGrow || isEnd, true);
    } catch (error) {
      this.#change({ error });
    }
  }

  /** Where reading begins: with a line that may be half, which is none that a preset knows. */
  async #place(signal: AbortSignal): Promise<void> {
    const { endBytes } = this.#options;
    if (!this.#isPlaced && endBytes !== undefined) {
      const { size } = await this.#source.read(0, 1, signal);
      this.#position = Math.max(0, size - endBytes);
    }
    this.#isPlaced = true;
  }

  #take(bytes: Uint8Array): void {
    this.#position += bytes.length;
    if (bytes.length > 0) {
      this.#port.push(bytes);
    }
  }

  get #pauseMs(): number {
    return this.#options.pauseMs ?? PAUSE_MS;
  }

  #showSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#show(false, true).catch((error) => this.#change({ error }));
    }, this.#pauseMs);
  }

  async #show(isWhole: boolean, isDone = false): Promise<void> {
    const { table, dateColumns } = await this.#port.take({ isWhole });
    this.#lastTakenMs = performance.now();
    this.#change({
      table,
      dateColumns,
      isDone,
      error: null,
      readBytes: this.#position,
      size: Math.max(this.#known, this.#position),
    });
  }

  #change(changes: Partial<ChartState>): void {
    if (!this.#closing.signal.aborted) {
      this.#state = { ...this.#state, ...changes };
      this.#options.onChange(this.#state);
    }
  }
}
