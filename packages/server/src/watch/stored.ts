import type { Database } from '../db/database.ts';
import { countBlobs, type StoredBytes } from '../db/queries/count-site.ts';
import type { UpkeepTask } from '../upkeep/upkeep.ts';

/** A million contents take 0.4 s of processor time, in pieces of less than a millisecond. */
const EVERY_SECONDS = 600;

/** How much is stored is counted in the background: only by looking at every content can it be known. */
export function createStoredCount(database: Database): {
  task: UpkeepTask;
  latest: () => StoredBytes | null;
} {
  let latest: StoredBytes | null = null;
  return {
    latest: () => latest,
    task: {
      name: 'count of what is stored',
      everySeconds: EVERY_SECONDS,
      async run({ signal }) {
        latest = (await countBlobs(database.read, signal)) ?? latest;
        return { ...latest };
      },
    },
  };
}
