import type { Queries } from '../database.ts';

const ROWS_AT_ONCE = 500;

/** A file that a job takes, and what for; in the order in which they are shown. */
export interface JobInput {
  tile: number;
  id: string;
  role: 'input' | 'param' | 'case' | 'template' | 'script';
  decompress: boolean;
}

/** Writes which files a job takes, in place of what was written before. */
export async function writeJobInputs(
  queries: Queries,
  jobId: string,
  inputs: readonly JobInput[],
): Promise<void> {
  // What a run goes on from is not the definition's, and stays.
  await queries
    .deleteFrom('job_inputs')
    .where('job_id', '=', jobId)
    .where('role', '!=', 'restored')
    .execute();
  const rows = inputs.map(({ tile, id, role, decompress }, position) => ({
    job_id: jobId,
    tile,
    position,
    file_id: id,
    role,
    decompress: decompress ? (1 as const) : (0 as const),
  }));
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
    await queries
      .insertInto('job_inputs')
      .values(rows.slice(start, start + ROWS_AT_ONCE))
      .execute();
  }
}
