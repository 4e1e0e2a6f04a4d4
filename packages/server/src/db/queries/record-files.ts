import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import type { FileRow } from '../tables.ts';
import { recordEvent } from './record-event.ts';

/** Of many files, so many ids stand in the log; a request may make ten thousand. */
const IDS_KEPT = 100;

/** Notes in the log that a request made or deleted these files: one event, however many there are. */
export async function recordFiles(
  queries: Queries,
  event: { at: Instant; actorId: string; verb: 'created' | 'deleted' },
  files: readonly Pick<FileRow, 'id' | 'name' | 'size_bytes'>[],
): Promise<void> {
  const [first, ...others] = files;
  if (first === undefined) {
    return;
  }
  if (others.length === 0) {
    const detail = { name: first.name, sizeBytes: first.size_bytes };
    return recordEvent(queries, { ...event, subject: `file:${first.id}`, detail });
  }
  await recordEvent(queries, {
    ...event,
    subject: 'files',
    detail: {
      files: files.length,
      sizeBytes: files.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
      ids: files.slice(0, IDS_KEPT).map(({ id }) => id),
    },
  });
}
