/** Whole lines of bytes that come in pieces; a line that never ends is cut, so that nothing grows without bounds. */

const MAX_LINE_CHARACTERS = 1024 * 1024;

export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #rest = '';

  /** The lines that are complete by now, as one text without its last line break; null while there is none. */
  push(bytes: Uint8Array): string | null {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    const end = text.lastIndexOf('\n');
    if (end === -1) {
      this.#rest = text.length > MAX_LINE_CHARACTERS ? '' : text;
      return null;
    }
    this.#rest = text.slice(end + 1);
    return text.slice(0, end);
  }

  /** What stands behind the last line break. It may be half a line, and stays. */
  get rest(): string {
    return this.#rest;
  }
}
