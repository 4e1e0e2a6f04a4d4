/** Body of the hashing thread: each message is a piece of shared memory, `null` asks for the digest. */
import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

export type HashRequest = { memory: SharedArrayBuffer; offset: number; length: number } | null;
/** The digest, or one acknowledgement per piece. */
export type HashAnswer = string | true;

const hash = createHash('sha512');

parentPort?.on('message', (request: HashRequest) => {
  if (request === null) {
    parentPort?.postMessage(hash.digest('hex') satisfies HashAnswer);
    return;
  }
  hash.update(new Uint8Array(request.memory, request.offset, request.length));
  parentPort?.postMessage(true satisfies HashAnswer);
});
