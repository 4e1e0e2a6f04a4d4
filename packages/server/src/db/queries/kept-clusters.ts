import type { Queries } from '../database.ts';

/**
 * Which of these clusters still need their directory: those that have not ended, and those whose outputs could not be
 * stored, until their job is deleted.
 */
export async function pickKeptClusters(
  queries: Queries,
  clusterIds: readonly string[],
): Promise<Set<string>> {
  const rows = await queries
    .selectFrom('clusters')
    .innerJoin('jobs', 'jobs.id', 'clusters.job_id')
    .where('clusters.id', 'in', clusterIds)
    .where((where) =>
      where.or([
        where('clusters.is_ended', '=', 0),
        where.and([where('jobs.state', 'like', '%"output_lost"%'), where('jobs.deleted_at', 'is', null)]),
      ]),
    )
    .select('clusters.id')
    .execute();
  return new Set(rows.map(({ id }) => id));
}
