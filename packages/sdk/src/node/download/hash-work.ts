/** What a hashing thread does: hashes pieces of memory or of open files in the order in which they are asked for. */
import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';

export type HashRequest =
  /** A piece of memory, the next one of the file `id`. */
  | { id: number; memory: SharedArrayBuffer; length: number }
  /** The next bytes of the file `id` from an open file. */
  | { id: number; fd: number; start: number; end: number }
  /** The digest of the file `id`, which ends with it; null: it is not wanted any more. */
  | { id: number; digest: boolean }
  /** The digests of parts of an open file. */
  | { fd: number; start: number; end: number; partBytes: number };

/** What was asked for: a digest, several, nothing; or why not. */
export type HashAnswer = { value: string | string[] | null } | { error: unknown };

const READ_BYTES = 1024 * 1024;
const hashes = new Map<number, Hash>();
let buffer: Uint8Array | null = null;

/** Does what is asked, here and now. */
export function hashHere(request: HashRequest): HashAnswer {
  try {
    return { value: perform(request) };
  } catch (error) {
    return { error };
  }
}

function perform(request: HashRequest): string | string[] | null {
  if ('partBytes' in request) {
    return digestsOf(request);
  }
  let hash = hashes.get(request.id);
  if (hash === undefined) {
    hash = createHash('sha512');
    hashes.set(request.id, hash);
  }
  if ('memory' in request) {
    hash.update(new Uint8Array(request.memory, 0, request.length));
  } else if ('fd' in request) {
    hashFile(hash, request.fd, request.start, request.end);
  } else {
    hashes.delete(request.id);
    return request.digest ? hash.digest('hex') : null;
  }
  return null;
}

function digestsOf({ fd, start, end, partBytes }: Extract<HashRequest, { partBytes: number }>): string[] {
  const digests: string[] = [];
  for (let at = start; at < end; at += partBytes) {
    const hash = createHash('sha512');
    hashFile(hash, fd, at, Math.min(at + partBytes, end));
    digests.push(hash.digest('hex'));
  }
  return digests;
}

function hashFile(hash: Hash, fd: number, start: number, end: number): void {
  buffer ??= new Uint8Array(READ_BYTES);
  for (let at = start; at < end; ) {
    const count = readSync(fd, buffer, 0, Math.min(READ_BYTES, end - at), at);
    if (count === 0) {
      throw new Error(`The file ends at byte ${at} before ${end}.`);
    }
    hash.update(buffer.subarray(0, count));
    at += count;
  }
}
