/** A thread that hashes blocks of shared memory, many streams at once. Messages: see hash-threads.ts. */
import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import type { HashReply, HashRequest } from './hash-threads.ts';

const hashes = new Map<number, Hash>();

parentPort!.on('message', (request: HashRequest) => {
  switch (request.type) {
    case 'update': {
      let hash = hashes.get(request.stream);
      if (hash === undefined) {
        hash = createHash('sha512');
        hashes.set(request.stream, hash);
      }
      hash.update(new Uint8Array(request.block, 0, request.length));
      reply({ stream: request.stream, digest: null });
      return;
    }
    case 'digest': {
      const hash = hashes.get(request.stream) ?? createHash('sha512');
      hashes.delete(request.stream);
      reply({ stream: request.stream, digest: hash.digest('hex') });
      return;
    }
    case 'abandon':
      hashes.delete(request.stream);
      return;
  }
});

function reply(message: HashReply): void {
  parentPort!.postMessage(message);
}
