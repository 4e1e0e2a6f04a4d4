/** A thread that hashes blocks of shared memory and stretches of files, many streams at once. Messages: see hash-threads.ts. */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { HashReply, HashRequest } from './hash-threads.ts';

const READ_BYTES = 512 * 1024;

const hashes = new Map<number, Hash>();
/** Read one after the other, since all work here is done before the next message. */
let block: Buffer | undefined;

parentPort!.on('message', (request: HashRequest) => {
  switch (request.type) {
    case 'update':
      hashOf(request.stream).update(new Uint8Array(request.block, 0, request.length));
      reply({ stream: request.stream, digest: null });
      return;
    case 'read':
      try {
        hashFile(hashOf(request.stream), request.path, request.position, request.length);
        reply({ stream: request.stream, digest: null });
      } catch (error) {
        reply({ stream: request.stream, digest: null, failure: (error as Error).message });
      }
      return;
    case 'digest': {
      const hash = hashOf(request.stream);
      hashes.delete(request.stream);
      reply({ stream: request.stream, digest: hash.digest('hex') });
      return;
    }
    case 'abandon':
      hashes.delete(request.stream);
      return;
  }
});

function hashOf(stream: number): Hash {
  let hash = hashes.get(stream);
  if (hash === undefined) {
    hash = createHash('sha512');
    hashes.set(stream, hash);
  }
  return hash;
}

function hashFile(hash: Hash, path: string, position: number, length: number): void {
  block ??= Buffer.allocUnsafeSlow(READ_BYTES);
  const fd = openSync(path, 'r');
  try {
    for (let done = 0; done < length; ) {
      const count = readSync(fd, block, 0, Math.min(READ_BYTES, length - done), position + done);
      if (count === 0) {
        throw new Error(`the file ends at ${position + done}`);
      }
      hash.update(count === READ_BYTES ? block : block.subarray(0, count));
      done += count;
    }
  } finally {
    closeSync(fd);
  }
}

function reply(message: HashReply): void {
  parentPort!.postMessage(message);
}
