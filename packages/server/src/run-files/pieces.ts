/** What followers of a file get, as it goes over their connections: made once, however many they are. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { eventFrame } from '../http/event-stream.ts';
import { LIMITS } from '../limits.ts';
import type { RunFile } from './run-files.ts';

/** Bytes before an offset by which a file is known again. */
const MARK_BYTES = 512;
const MARK_CHARACTERS = 8;
/** The longest sequence of UTF-8. */
const CHARACTER_BYTES = 4;

/** Where a follower is in a file: the offset, and what the bytes before it were, where that is known. */
export interface Place {
  offset: number;
  mark: string | null;
}

/** Why what a follower gets does not go on where he was. */
export type Reason = 'truncated' | 'replaced';

/** A piece of a file, ready to be sent, and where the next one begins. */
export interface Piece {
  frame: Buffer;
  next: Place;
}

/** A place as the id of an event: `1024-Ab3dEf_9`. */
export function placeId({ offset, mark }: Place): string {
  return mark === null ? String(offset) : `${offset}-${mark}`;
}

/** Null for what is no such id. */
export function parsePlace(id: string): Place | null {
  const match = /^(\d{1,15})(?:-([\w-]{8}))?$/.exec(id.trim());
  return match === null ? null : { offset: Number(match[1]), mark: match[2] ?? null };
}

/** The piece of a file that begins at an offset; null when there is nothing yet. */
export async function readPiece(file: RunFile, offset: number): Promise<Piece | null> {
  // Those of all who read a file end at the same offsets, and are shared by them.
  const left = LIMITS.followBytes - (offset % LIMITS.followBytes);
  // A piece that ended before a character that was torn apart there is followed by one that has it whole.
  const into = Buffer.allocUnsafe(left < CHARACTER_BYTES ? left + LIMITS.followBytes : left);
  const bytes = wholeText(into.subarray(0, await file.read(into, offset)));
  if (bytes.length === 0) {
    return null;
  }
  const end = offset + bytes.length;
  const mark = bytes.length >= MARK_BYTES ? digest(bytes.subarray(-MARK_BYTES)) : await markAt(file, end);
  const next = { offset: end, mark };
  const content = isUtf8(bytes) ? { text: bytes.toString('utf8') } : { base64: bytes.toString('base64') };
  return {
    frame: eventFrame({ type: 'data', id: placeId(next), data: { start: offset, ...content } }),
    next,
  };
}

/** Why a file is not the one of which a follower has got the bytes before a place; null when it is. */
export async function whyNotContinued(file: RunFile, { offset, mark }: Place): Promise<Reason | null> {
  const { sizeBytes } = await file.look();
  if (offset > sizeBytes) {
    return 'truncated';
  }
  return mark === null || (await markAt(file, offset)) === mark ? null : 'replaced';
}

/** Tells the bytes before an offset from others; null at the beginning, or where they are not there. */
export async function markAt(file: RunFile, offset: number): Promise<string | null> {
  const length = Math.min(MARK_BYTES, offset);
  const bytes = Buffer.allocUnsafe(length);
  return length === 0 || (await file.read(bytes, offset - length)) < length ? null : digest(bytes);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, MARK_CHARACTERS);
}

/** Without a character of which the end is not there yet, unless there is nothing else. */
function wholeText(bytes: Buffer): Buffer {
  if (isUtf8(bytes)) {
    return bytes;
  }
  for (let cut = 1; cut < CHARACTER_BYTES && cut < bytes.length; cut += 1) {
    const whole = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(whole)) {
      return whole;
    }
  }
  return bytes;
}
