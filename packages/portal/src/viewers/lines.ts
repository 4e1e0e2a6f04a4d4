import type { Blocks } from './blocks.ts';

const NEWLINE = 10;
/** How far is looked for the beginning or the end of a line at once. */
const STRIDE_BYTES = 64 * 1024;
/** A line that is longer is shown cut; how long it is is not looked for beyond this. */
const MAX_LINE_BYTES = 1024 * 1024;

export interface Line {
  /** Offset of its first byte. */
  start: number;
  /** Offset behind its end, its newline included. */
  end: number;
  text: string;
  /** Whether it ends there, and is no part of a longer one. */
  isWhole: boolean;
}

const decoder = new TextDecoder();

/** The beginning of the line that the byte belongs to. */
export async function lineStartAt(blocks: Blocks, offset: number): Promise<number> {
  let end = Math.min(offset, blocks.size);
  const floor = Math.max(0, end - MAX_LINE_BYTES);
  while (end > floor) {
    const start = Math.max(floor, end - STRIDE_BYTES);
    const index = (await blocks.read(start, end)).lastIndexOf(NEWLINE);
    if (index !== -1) {
      return start + index + 1;
    }
    end = start;
  }
  return floor;
}

/** So many lines from the one that begins at `start`. */
export async function linesFrom(blocks: Blocks, start: number, count: number): Promise<Line[]> {
  const lines: Line[] = [];
  let offset = start;
  while (lines.length < count && offset < blocks.size) {
    const end = await lineEnd(blocks, offset);
    const bytes = await blocks.read(offset, end);
    const isWhole = bytes.at(-1) === NEWLINE;
    lines.push({ start: offset, end, text: toText(bytes), isWhole });
    offset = end;
  }
  return lines;
}

/** The beginning of the line that is `count` lines before the one that begins at `start`. */
export async function lineStartBefore(blocks: Blocks, start: number, count: number): Promise<number> {
  let offset = start;
  for (let line = 0; line < count && offset > 0; line++) {
    offset = await lineStartAt(blocks, offset - 1);
  }
  return offset;
}

/** The beginning of the first of the last `count` lines. */
export function startOfLast(blocks: Blocks, count: number): Promise<number> {
  return lineStartBefore(blocks, blocks.size, count);
}

async function lineEnd(blocks: Blocks, start: number): Promise<number> {
  const limit = Math.min(blocks.size, start + MAX_LINE_BYTES);
  for (let offset = start; offset < limit; offset += STRIDE_BYTES) {
    const index = (await blocks.read(offset, Math.min(limit, offset + STRIDE_BYTES))).indexOf(NEWLINE);
    if (index !== -1) {
      return offset + index + 1;
    }
  }
  return limit;
}

function toText(bytes: Uint8Array): string {
  return decoder.decode(bytes).replace(/\r?\n$/, '');
}

/** What a line of a progress display came to: programs go back to its beginning by a carriage return. */
export function foldReturns(text: string): string {
  if (!text.includes('\r')) {
    return text;
  }
  return text.split('\r').findLast((part) => part !== '') ?? '';
}

/** Control characters as symbols, so that nothing in a file moves what is shown; tabs stay, as do colours (ESC). */
export function showControls(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g, (character) =>
    character === '\x7f' ? '\u2421' : String.fromCharCode(0x2400 + character.charCodeAt(0)),
  );
}
