import type { Queries } from '../database.ts';
import { normalizedTag } from './normalized-tag.ts';

/** Writes by which tags a job is found, in place of what was written before. */
export async function writeJobTags(queries: Queries, jobId: string, tags: readonly string[]): Promise<void> {
  await queries.deleteFrom('job_tags').where('job_id', '=', jobId).execute();
  const names = new Set(tags.map(normalizedTag));
  if (names.size > 0) {
    const rows = [...names].map((normalized_name) => ({ job_id: jobId, normalized_name }));
    await queries.insertInto('job_tags').values(rows).execute();
  }
}
