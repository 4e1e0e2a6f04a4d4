/** Lines as a person counts them in a log: programs show their progress in one line that ends with a carriage return. */
const [LF, CR] = [0x0a, 0x0d];
const LINE_END = /\r\n|\r|\n/;

/** Index at which the last `lines` lines begin; null when there are not that many. */
export function startOfLastLines(bytes: Uint8Array, lines: number): number | null {
  let left = lines;
  // The line end at the very end closes the last line and begins none.
  let at = beforeEnd(bytes, bytes.length - 1);
  while (at >= 0) {
    const next = beforeEnd(bytes, at);
    if (next !== at) {
      left -= 1;
      if (left === 0) {
        return at + 1;
      }
      at = next;
    } else {
      at -= 1;
    }
  }
  return null;
}

/** The index before the line end that has its last byte at `at`; `at` itself where none has. */
function beforeEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] === LF) {
    return bytes[at - 1] === CR ? at - 2 : at - 1;
  }
  return bytes[at] === CR ? at - 1 : at;
}

/** The lines of a text, without their ends. */
export function splitLines(text: string): string[] {
  const lines = text.split(LINE_END);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
