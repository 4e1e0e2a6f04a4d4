/**
 * Files whose names are no text are moved away to be handed over. One that was not, because its agent died, is brought back
 * before anything else is done with the directory of its run.
 */
import { closeSync, realpathSync, renameSync } from 'node:fs';
import { TreeCursor } from '../files/cursor.ts';
import { entryAt, hasCode, lookAt, openTrusted, reasonOf } from '../files/door.ts';
import { nameOf, rawOf } from '../files/raw-name.ts';
import { report } from '../report.ts';
import { type RecordedRun, RunRecord } from './record.ts';
import { type RunPaths, removeWhole } from './run-paths.ts';

/** Removes the copies that a dead agent has made, and puts back what is no copy; `record` is that of the run. */
export async function clearCopies(
  { directory, copies }: Pick<RunPaths, 'directory' | 'copies'>,
  record: RecordedRun | null,
): Promise<void> {
  if (record !== null && record.aside.length > 0) {
    bringBack(directory, copies, record.aside);
    using kept = new RunRecord(directory);
    kept.movedBack();
  }
  await removeWhole(copies);
}

function bringBack(directory: string, copies: string, aside: RecordedRun['aside']): void {
  let from: number;
  try {
    from = openTrusted(copies);
  } catch {
    // None was moved.
    return;
  }
  using cursor = new TreeCursor(realpathSync.native(directory), { access: 0o700 });
  try {
    for (const [relativePath, copy] of aside) {
      const names = relativePath.split('/').map(nameOf);
      const name = names.pop()!;
      try {
        cursor.moveTo(names);
        if (lookAt(cursor.fd, name) === undefined) {
          renameSync(entryAt(from, rawOf(copy)), entryAt(cursor.fd, name));
        }
      } catch (error) {
        // It has not been moved, or its directory is gone.
        if (!hasCode(error, 'ENOENT')) {
          report(`An output of a run is not where it was: ${reasonOf(error)}`);
        }
      }
    }
  } finally {
    closeSync(from);
  }
}
