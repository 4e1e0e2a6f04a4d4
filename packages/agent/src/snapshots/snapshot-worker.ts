/** A thread that takes one snapshot. Messages: see snapshot-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import type { SnapshotReply } from './snapshot-thread.ts';
import { SnapshotError, type SnapshotOrder, takeSnapshot } from './take-snapshot.ts';

parentPort!.postMessage(reply(workerData as SnapshotOrder));

function reply(order: SnapshotOrder): SnapshotReply {
  try {
    return { taken: takeSnapshot(order) };
  } catch (error) {
    if (!(error instanceof SnapshotError)) {
      throw error;
    }
    return { refused: { code: error.code, message: error.message } };
  }
}
