import { existsSync } from 'node:fs';
import type { Queries } from '../db/database.ts';
import { type Check, ok, some, warning } from './check.ts';

/** Directories that are kept of runs that were cut off: what they take, and whether they are there. */
export async function checkLostRuns(queries: Queries): Promise<Check[]> {
  const kept = await queries
    .selectFrom('runs')
    .where('directory', 'is not', null)
    .select(['job_id', 'number', 'directory', 'directory_bytes'])
    .execute();
  if (kept.length === 0) {
    return [];
  }
  const gone = kept.filter(({ directory }) => !existsSync(directory!));
  if (gone.length > 0) {
    return [
      warning(
        'lost runs',
        `The directories of ${gone.length} runs that were cut off are gone: ${some(gone.map(({ job_id, number }) => `run ${number} of ${job_id}`))}.`,
        'These runs cannot be resumed; execute them again with quarry runs rerun.',
      ),
    ];
  }
  const bytes = kept.reduce((total, { directory_bytes }) => total + (directory_bytes ?? 0), 0);
  const gibibytes = (bytes / 1024 ** 3).toFixed(1);
  return [
    ok(
      'lost runs',
      `${gibibytes} GiB in ${kept.length} directories of runs that were cut off and can be resumed (quarry runs resume, quarry runs discard)`,
    ),
  ];
}
