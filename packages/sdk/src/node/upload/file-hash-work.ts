/** What the hashing thread of an upload does: pieces of shared memory, or stretches of the file that it reads itself. */
import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';

/** Answered in the order asked. */
export type HashRequest =
  /** The next bytes, in memory. */
  | { kind: 'piece'; memory: SharedArrayBuffer; offset: number; length: number }
  /** The next bytes, in the file. */
  | { kind: 'stretch'; fd: number; start: number; end: number }
  /** The digest of everything so far. */
  | { kind: 'digest' }
  /** The digest of a stretch by itself. */
  | { kind: 'part'; fd: number; start: number; end: number };

/** A digest where one was asked for; `shortAt` says where the file ended too early. */
export type HashAnswer = { digest: string | null; shortAt?: number };

const READ_BYTES = 1024 * 1024;

/** Does what is asked, here and now. */
export function hashWork(): (request: HashRequest) => HashAnswer {
  const whole = createHash('sha512');
  let memory: Buffer | null = null;

  /** Answers where the file ended when that was before `end`. */
  function take(hash: Hash, { fd, start, end }: { fd: number; start: number; end: number }): number | null {
    memory ??= Buffer.allocUnsafeSlow(READ_BYTES);
    for (let position = start; position < end; ) {
      const count = readSync(fd, memory, 0, Math.min(READ_BYTES, end - position), position);
      if (count === 0) {
        return position;
      }
      hash.update(memory.subarray(0, count));
      position += count;
    }
    return null;
  }

  return (request) => {
    switch (request.kind) {
      case 'piece':
        whole.update(new Uint8Array(request.memory, request.offset, request.length));
        return { digest: null };
      case 'stretch': {
        const shortAt = take(whole, request);
        return shortAt === null ? { digest: null } : { digest: null, shortAt };
      }
      case 'digest':
        return { digest: whole.digest('hex') };
      case 'part': {
        const part = createHash('sha512');
        const shortAt = take(part, request);
        return shortAt === null ? { digest: part.digest('hex') } : { digest: null, shortAt };
      }
    }
  };
}
