import type { OutputStream } from './output-stream.ts';
import { textWidth } from './width.ts';

/**
 * Lines at the end of a terminal that are drawn again and again in their place. A drawing is one write, which leaves
 * nothing between the old and the new one to be seen. The cursor rests at the end of the last line.
 */
export class LiveBlock {
  readonly #stream: OutputStream;
  #drawn: readonly string[] = [];

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  /** Columns that a line may have: the last one stays free, where some terminals wrap already. */
  get columns(): number {
    return Math.max(1, (this.#stream.columns || 80) - 1);
  }

  draw(lines: readonly string[]): void {
    if (lines.length === 0) {
      this.clear();
      return;
    }
    const text = lines.map((line) => `${line}\u001b[K`).join('\n');
    this.#stream.write(`${this.#toStart()}${text}\u001b[J`);
    this.#drawn = lines;
  }

  clear(): void {
    if (this.#drawn.length === 0) {
      return;
    }
    this.#stream.write(`${this.#toStart()}\u001b[J`);
    this.#drawn = [];
  }

  /** Takes the lines away while something is written that stays, and draws them again below it. */
  lift(write: () => void): void {
    const lines = this.#drawn;
    this.clear();
    write();
    if (lines.length > 0) {
      this.draw(lines);
    }
  }

  /** To the first column of the first line; a terminal that became narrower has wrapped what was drawn. */
  #toStart(): string {
    if (this.#drawn.length === 0) {
      return '';
    }
    const columns = this.#stream.columns || 80;
    const rows = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(textWidth(line) / columns)),
      0,
    );
    return rows > 1 ? `\r\u001b[${rows - 1}A` : '\r';
  }
}
