/** Snapshots are taken on threads of their own: hours of copying, in which requests must be served. */
import { Worker } from 'node:worker_threads';
import { SnapshotError, type SnapshotOrder, type TakenSnapshot } from './take-snapshot.ts';

export type SnapshotReply = { taken: TakenSnapshot } | { refused: Pick<SnapshotError, 'code' | 'message'> };

/** Takes a snapshot; rejects with a SnapshotError, or with the signal's reason. The files of a broken one stay for the caller to remove. */
export async function takeOnThread(order: SnapshotOrder, signal: AbortSignal): Promise<TakenSnapshot> {
  signal.throwIfAborted();
  const worker = new Worker(workerFile(), { workerData: order });
  // What it makes is removed by the next start.
  worker.unref();
  const { promise, resolve, reject } = Promise.withResolvers<SnapshotReply>();
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('The thread of a snapshot ended before its work was done.')));
  const giveUp = () => reject(signal.reason);
  signal.addEventListener('abort', giveUp);
  try {
    const reply = await promise;
    if ('taken' in reply) {
      return reply.taken;
    }
    throw new SnapshotError(reply.refused.code, reply.refused.message);
  } finally {
    signal.removeEventListener('abort', giveUp);
    await worker.terminate();
  }
}

/** Node runs the source in a checkout and the compiled file in a published package. */
function workerFile(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./snapshot-worker.${extension}`, import.meta.url);
}
