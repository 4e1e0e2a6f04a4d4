import type { Snapshot } from '@quarry/contract';
import type { SnapshotWithFile } from '../../db/queries/snapshots.ts';

export function snapshotToWire(row: SnapshotWithFile): Snapshot {
  return {
    id: row.id,
    status: row.state,
    kind: row.kind,
    trigger: row.cause,
    dateRequested: row.date_requested,
    dateCompleted: row.date_completed,
    fileId: row.file_id,
    name: row.name,
    sizeBytes: row.size_bytes,
    fileCount: row.file_count,
    isCloned: row.is_cloned === null ? null : row.is_cloned === 1,
    changed: JSON.parse(row.changed),
    changedCount: row.changed_count,
    skipped: JSON.parse(row.skipped),
    skippedCount: row.skipped_count,
    reason: row.reason,
  };
}
