import { parentPort } from 'node:worker_threads';
import { hashFile } from './hash-file.ts';

parentPort!.on('message', ({ id, path }: { id: number; path: string }) => {
  hashFile(path).then(
    (digest) => parentPort!.postMessage({ id, digest }),
    (error: NodeJS.ErrnoException) =>
      parentPort!.postMessage({ id, error: { message: error.message, code: error.code } }),
  );
});
