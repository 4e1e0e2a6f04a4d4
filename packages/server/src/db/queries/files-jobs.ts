import type { Queries } from '../database.ts';

/** For each of these files the living jobs that have it as an input or made it, oldest first. */
export async function findJobsOfFiles(
  queries: Queries,
  fileIds: readonly string[],
): Promise<Map<string, { id: string; name: string }[]>> {
  const jobs = new Map<string, { id: string; name: string }[]>(fileIds.map((id) => [id, []]));
  if (fileIds.length === 0) {
    return jobs;
  }
  const rows = await queries
    .selectFrom('job_inputs')
    .innerJoin('jobs', 'jobs.id', 'job_inputs.job_id')
    .where('job_inputs.file_id', 'in', fileIds)
    .where('jobs.deleted_at', 'is', null)
    .select(['job_inputs.file_id as fileId', 'jobs.id', 'jobs.name', 'jobs.date_inserted as date'])
    .union(
      queries
        .selectFrom('files')
        .innerJoin('jobs', 'jobs.id', 'files.job_id')
        .where('files.id', 'in', fileIds)
        .where('jobs.deleted_at', 'is', null)
        .select(['files.id as fileId', 'jobs.id', 'jobs.name', 'jobs.date_inserted as date']),
    )
    .orderBy('date')
    .execute();
  for (const { fileId, id, name } of rows) {
    jobs.get(fileId)!.push({ id, name });
  }
  return jobs;
}
