import type { Readable } from 'node:stream';

const MAX_BYTES = 1024 * 1024 * 1024;
const MAX_MILLISECONDS = 10_000;

/** Reads the rest of a body and drops it, until it ends or enough has been done for politeness. */
export async function drain(stream: Readable): Promise<void> {
  if (stream.readableEnded || stream.destroyed) {
    return;
  }
  const ended = Promise.withResolvers<void>();
  let dropped = 0;
  const drop = (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > MAX_BYTES) {
      ended.resolve();
    }
  };
  const timer = setTimeout(ended.resolve, MAX_MILLISECONDS);
  stream.on('data', drop);
  for (const event of ['end', 'close', 'error'] as const) {
    stream.once(event, () => ended.resolve());
  }
  stream.resume();
  await ended.promise;
  clearTimeout(timer);
  stream.off('data', drop);
  stream.pause();
}
