import { sql } from 'kysely';
import type { Queries } from '../database.ts';

/** What of a job, or a persistent cluster, that waits for its cores is told to whoever keeps the platform. */
export interface QueueRow {
  jobId: string | null;
  clusterId: string | null;
  name: string;
  owner: string;
  coreType: string;
  cores: number;
  dateSubmitted: string;
  /** JSON of {code, message, position}; null until the scheduler has looked. */
  waiting: string | null;
}

/** How much waits for its cores, and the first of it in order of submission. */
export async function findQueue(
  queries: Queries,
  most: number,
): Promise<{ count: number; entries: QueueRow[] }> {
  const jobs = queuedJobs(queries);
  const clusters = queries
    .selectFrom('persistent_clusters')
    .innerJoin('users', 'users.id', 'persistent_clusters.owner_id')
    .where('phase', '=', sql.lit('queued' as const));
  const [jobCount, clusterCount] = await Promise.all([
    jobs.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
    clusters.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
  ]);
  const jobRows = await jobs
    .innerJoin('users', 'users.id', 'jobs.owner_id')
    .innerJoin('clusters', 'clusters.id', 'jobs.cluster_id')
    .orderBy('jobs.date_submitted')
    .limit(most)
    .select([
      'jobs.id as jobId',
      'clusters.persistent_id as clusterId',
      'jobs.name',
      'users.email as owner',
      'jobs.core_type as coreType',
      sql<number>`jobs.cores_per_slot * jobs.slots`.as('cores'),
      'jobs.date_submitted as dateSubmitted',
      'jobs.waiting',
    ])
    .execute();
  const clusterRows = await clusters
    .orderBy('persistent_clusters.date_submitted')
    .limit(most)
    .select([
      sql<null>`NULL`.as('jobId'),
      'persistent_clusters.id as clusterId',
      'persistent_clusters.name',
      'users.email as owner',
      'persistent_clusters.core_type as coreType',
      sql<number>`persistent_clusters.cores_per_slot * persistent_clusters.slots`.as('cores'),
      'persistent_clusters.date_submitted as dateSubmitted',
      'persistent_clusters.waiting',
    ])
    .execute();
  const entries = [...jobRows, ...clusterRows]
    .map((row) => ({ ...row, dateSubmitted: row.dateSubmitted ?? '' }))
    .sort((a, b) => (a.dateSubmitted < b.dateSubmitted ? -1 : 1))
    .slice(0, most);
  return { count: Number(jobCount.count) + Number(clusterCount.count), entries };
}

/** Jobs in the queue; one that was launched keeps its status until its agent speaks, and waits no more. */
function queuedJobs(queries: Queries) {
  return (
    queries
      .selectFrom('jobs')
      .where('jobs.status', 'in', ['Pending', 'Queued', 'Waiting for Cluster'])
      // Literally, not as a parameter: so it is the condition of the index over live jobs.
      .where('jobs.is_completed', '=', sql.lit(0))
      .where(sql<boolean>`jobs.state ->> 'phase' IN ('submitted', 'queued')`)
  );
}

/** Whose clusters are: of single jobs by those, of persistent ones by themselves. */
export async function findOwnersOfClusters(queries: Queries, clusterIds: readonly string[]) {
  const ofJobs = await queries
    .selectFrom('clusters')
    .innerJoin('jobs', 'jobs.id', 'clusters.job_id')
    .innerJoin('users', 'users.id', 'jobs.owner_id')
    .where('clusters.id', 'in', clusterIds)
    .select(['clusters.id', 'jobs.id as jobId', 'jobs.name', 'users.email as owner'])
    .execute();
  const persistent = await queries
    .selectFrom('persistent_clusters')
    .innerJoin('users', 'users.id', 'persistent_clusters.owner_id')
    .where('persistent_clusters.id', 'in', clusterIds)
    .select([
      'persistent_clusters.id',
      sql<null>`NULL`.as('jobId'),
      'persistent_clusters.name',
      'users.email as owner',
    ])
    .execute();
  return new Map([...ofJobs, ...persistent].map((row) => [row.id, row]));
}
