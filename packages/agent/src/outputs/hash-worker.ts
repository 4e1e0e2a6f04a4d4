import { parentPort } from 'node:worker_threads';
import { hashFile } from './hash-file.ts';
import { HashMeter } from './hash-meter.ts';

interface Request {
  id: number;
  fd: number;
  sizeBytes: number;
  shared: SharedArrayBuffer;
}

parentPort!.on('message', ({ id, fd, sizeBytes, shared }: Request) => {
  try {
    parentPort!.postMessage({ id, sha512: hashFile(fd, sizeBytes, new HashMeter(shared)) });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    parentPort!.postMessage({ id, error: { message, code } });
  }
});
