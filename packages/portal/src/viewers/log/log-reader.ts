/** Where in a log somebody is: lines from a place on, at its end while they follow it. Knows bytes, and nothing of a page. */
import { Blocks } from '../blocks.ts';
import type { ByteSource } from '../byte-source.ts';
import { type Line, lineStartAt, lineStartBefore, linesFrom, startOfLast } from '../lines.ts';
import { type LineNumber, LineNumbers } from './line-numbers.ts';

export interface LogView {
  lines: readonly Line[];
  /** Of the first of them. */
  first: LineNumber;
  size: number;
  isFollowing: boolean;
  error: unknown;
}

export class LogReader {
  readonly #source: ByteSource;
  readonly #blocks: Blocks;
  readonly #numbers: LineNumbers;
  /** Asked for once, where the beginning is too far away to count from. */
  #index: Promise<void> | null = null;
  readonly #onChange: (view: LogView) => void;
  #top = 0;
  #rows = 1;
  #isFollowing: boolean;
  #isClosed = false;
  /** Work is done one after another: a place that is meant to be shown is that of the last wish. */
  #wish = 0;
  /** Where somebody wants to be who is not there yet; null for where they are. */
  #place: (() => Promise<number>) | null = null;

  constructor(source: ByteSource, options: { isFollowing: boolean; onChange: (view: LogView) => void }) {
    this.#source = source;
    this.#blocks = new Blocks(source);
    this.#numbers = new LineNumbers(this.#blocks);
    this.#isFollowing = options.isFollowing;
    this.#onChange = options.onChange;
  }

  close(): void {
    this.#isClosed = true;
    this.#blocks.close();
  }

  /** How many lines there is room for. */
  resize(rows: number): void {
    this.#rows = Math.max(1, rows);
    void this.#show();
  }

  toStart(): void {
    this.#isFollowing = false;
    void this.#show(async () => 0);
  }

  /** To the end, which is followed from then on. */
  toEnd(): void {
    this.#isFollowing = true;
    this.#place = null;
    void this.#show();
  }

  /** To the line that holds a byte. */
  toOffset(offset: number, linesAbove = 0): void {
    this.#isFollowing = false;
    void this.#show(async () =>
      lineStartBefore(this.#blocks, await lineStartAt(this.#blocks, offset), linesAbove),
    );
  }

  /** To a line by its number, from 1. */
  toLine(number: number, linesAbove = 0): void {
    this.#isFollowing = false;
    void this.#show(async () => {
      await this.#learn();
      return lineStartBefore(this.#blocks, await this.#numbers.offsetOf(number), linesAbove);
    });
  }

  /** So many lines on, or back. Who comes to the end by it does not follow: only who wants to. */
  move(lines: number): void {
    const from = this.#top;
    if (lines < 0) {
      this.#isFollowing = false;
    }
    void this.#show(async () => {
      if (lines < 0) {
        return lineStartBefore(this.#blocks, from, -lines);
      }
      const passed = await linesFrom(this.#blocks, from, lines);
      return Math.min(passed.at(-1)?.end ?? from, await startOfLast(this.#blocks, this.#rows));
    });
  }

  /** Bytes were written to the end of the log. */
  append(start: number, bytes: Uint8Array): void {
    this.#blocks.append(start, bytes);
    void this.#show();
  }

  /** The log is so many bytes long by now. */
  grow(size: number): void {
    if (size > this.#blocks.size) {
      this.#blocks.grow(size);
      void this.#show();
    }
  }

  /** Nobody tells any more how the log grows: what was not told is looked for. */
  async endGrowth(): Promise<void> {
    if (!this.#isClosed) {
      await this.#blocks.measureAnew().catch(() => undefined);
      await this.#show();
    }
  }

  restart(): void {
    this.#blocks.clear();
    this.#numbers.clear();
    this.#index = null;
    this.#top = 0;
    void this.#show(async () => 0);
  }

  get top(): number {
    return this.#top;
  }

  get size(): number {
    return this.#blocks.size;
  }

  /**
   * Shows from where `place` says, unless something else is wanted meanwhile. Without one what has changed is shown where
   * somebody is, or is on the way to: a log that grows must not keep them from it.
   */
  async #show(place = this.#place): Promise<void> {
    this.#place = place;
    const wish = ++this.#wish;
    const isWanted = () => !this.#isClosed && wish === this.#wish;
    try {
      if (this.#blocks.size === 0) {
        await this.#blocks.measure();
      }
      const top = this.#isFollowing
        ? await startOfLast(this.#blocks, this.#rows)
        : place === null
          ? this.#top
          : await place();
      const lines = await linesFrom(this.#blocks, top, this.#rows);
      const first = await this.#numbers.at(top);
      if (isWanted()) {
        this.#top = top;
        this.#place = null;
        this.#tell({ lines, first, error: null });
      }
      if (this.#index === null && this.#numbers.needsIndex) {
        void this.#learn().then(() => this.#show());
      }
    } catch (error) {
      if (isWanted()) {
        this.#place = null;
        this.#tell({ lines: [], first: { number: 1, isExact: true }, error });
      }
    }
  }

  #tell(view: Pick<LogView, 'lines' | 'first' | 'error'>): void {
    this.#onChange({ ...view, size: this.#blocks.size, isFollowing: this.#isFollowing });
  }

  /** Resolves when it is known where lines begin, as far as that can be known: without an index numbers are about right. */
  #learn(): Promise<void> {
    if (!this.#numbers.needsIndex) {
      return Promise.resolve();
    }
    if (this.#index === null) {
      const asked = (this.#source.lineIndex?.() ?? Promise.resolve(null)).then(
        (index) => {
          // The log may be another one by now.
          if (index !== null && this.#index === asked) {
            this.#numbers.learn(index);
          }
        },
        () => undefined,
      );
      this.#index = asked;
    }
    return this.#index;
  }
}
