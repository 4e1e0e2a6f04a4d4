import { sql } from 'kysely';
import type { Queries } from '../database.ts';

/** What a cluster's directory is for: its agent, outputs that could not be stored (until the job is deleted), or nothing any more. */
export type ClusterUse = 'live' | 'kept' | 'ended';

/** The uses of directories by the ids of their clusters; those of no cluster are left out. */
export async function findClusterUses(
  queries: Queries,
  clusterIds: readonly string[],
): Promise<Map<string, ClusterUse>> {
  const rows = await queries
    .selectFrom('clusters')
    .innerJoin('jobs', 'jobs.id', 'clusters.job_id')
    .where('clusters.id', 'in', clusterIds)
    .select([
      'clusters.id',
      'clusters.is_ended',
      sql<0 | 1>`jobs.deleted_at IS NULL AND clusters.holds_outputs = 1`.as('holds_outputs'),
    ])
    .execute();
  const persistent = await queries
    .selectFrom('persistent_clusters')
    .where('id', 'in', clusterIds)
    .select(['id', 'phase'])
    .execute();
  return new Map<string, ClusterUse>([
    ...rows.map(({ id, is_ended, holds_outputs }): [string, ClusterUse] => [
      id,
      is_ended === 0 ? 'live' : holds_outputs ? 'kept' : 'ended',
    ]),
    ...persistent.map(({ id, phase }): [string, ClusterUse] => [id, phase === 'stopped' ? 'ended' : 'live']),
  ]);
}
