import { sql, type Updateable } from 'kysely';
import { type Caller, type Person, person } from '../../access/caller.ts';
import type { Instant } from '../../clock.ts';
import { forbidden, notFound } from '../../problems.ts';
import type { Queries } from '../database.ts';
import type { PersistentClusterRow, PersistentClusterStatusRow } from '../tables.ts';
import { managesOwned } from './projects.ts';

export interface PersistentClusterWithOwner extends PersistentClusterRow {
  /** E-mail address. */
  owner: string;
}

/** Those that somebody may see: their own and those of their projects; administrators see all. */
export function seenClusters(queries: Queries, who: Pick<Person, 'userId' | 'role'>) {
  const all = queries.selectFrom('persistent_clusters');
  if (who.role === 'admin') {
    return all;
  }
  return all.where(({ eb, or, selectFrom }) =>
    or([
      eb('persistent_clusters.owner_id', '=', who.userId),
      eb(
        'persistent_clusters.project_id',
        'in',
        selectFrom('project_members').where('user_id', '=', who.userId).select('project_id'),
      ),
    ]),
  );
}

/** A persistent cluster that the caller may see; undefined when there is none. */
export function findPersistent(
  queries: Queries,
  caller: Caller,
  clusterId: string,
): Promise<PersistentClusterWithOwner | undefined> {
  return seenClusters(queries, person(caller))
    .innerJoin('users', 'users.id', 'persistent_clusters.owner_id')
    .where('persistent_clusters.id', '=', clusterId)
    .selectAll('persistent_clusters')
    .select('users.email as owner')
    .executeTakeFirst();
}

/** The same; refuses with 404 when there is none, and in words when it is the cluster of one job. */
export async function findVisiblePersistent(
  queries: Queries,
  caller: Caller,
  clusterId: string,
): Promise<PersistentClusterWithOwner> {
  const cluster = await findPersistent(queries, caller, clusterId);
  if (!cluster) {
    throw notFound(
      `There is no persistent cluster "${clusterId}" that you may see. Clusters of single jobs begin and end with them.`,
    );
  }
  return cluster;
}

/** One that the caller may start and shut down: their own, or one of a project that they manage. */
export async function findManagedPersistent(
  queries: Queries,
  caller: Caller,
  clusterId: string,
): Promise<PersistentClusterWithOwner> {
  const cluster = await findVisiblePersistent(queries, caller, clusterId);
  if (await managesOwned(queries, caller, cluster)) {
    return cluster;
  }
  throw forbidden(
    'Only the owner of a persistent cluster, and who manages its project, may start it or shut it down.',
    'Ask its owner.',
  );
}

/** Ids of those of which a job has, or had, a share. */
export function persistentIdsOf(queries: Queries, jobId: string) {
  return queries
    .selectFrom('clusters')
    .where('clusters.job_id', '=', jobId)
    .where('clusters.persistent_id', 'is not', null)
    .select('clusters.persistent_id');
}

/** Those of some that somebody may see. */
export function findSeenClusters(
  queries: Queries,
  who: Pick<Person, 'userId' | 'role'>,
  ids: readonly string[],
): Promise<PersistentClusterRow[]> {
  return seenClusters(queries, who)
    .where('persistent_clusters.id', 'in', ids)
    .selectAll('persistent_clusters')
    .execute();
}

/** One that is there, whoever asks. */
export function findPersistentRow(queries: Queries, id: string): Promise<PersistentClusterRow | undefined> {
  return queries.selectFrom('persistent_clusters').where('id', '=', id).selectAll().executeTakeFirst();
}

/** All that have not ended. */
export function findOpenPersistent(queries: Queries): Promise<PersistentClusterRow[]> {
  return queries
    .selectFrom('persistent_clusters')
    .where('phase', '<>', sql.lit('stopped' as const))
    .selectAll()
    .execute();
}

/** How many of a user's have not ended. */
export async function countOpenPersistentOf(queries: Queries, ownerId: string): Promise<number> {
  const { count } = await queries
    .selectFrom('persistent_clusters')
    .where('owner_id', '=', ownerId)
    .where('phase', '<>', sql.lit('stopped' as const))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function insertPersistent(queries: Queries, row: PersistentClusterRow): Promise<void> {
  await queries.insertInto('persistent_clusters').values(row).execute();
}

export async function changePersistent(
  queries: Queries,
  id: string,
  columns: Updateable<PersistentClusterRow>,
): Promise<void> {
  await queries.updateTable('persistent_clusters').set(columns).where('id', '=', id).execute();
}

export async function writePersistentStatus(
  queries: Queries,
  row: PersistentClusterStatusRow,
): Promise<void> {
  await queries.insertInto('persistent_cluster_statuses').values(row).execute();
}

/** The date of the last row of its history. */
export async function lastPersistentDate(queries: Queries, clusterId: string): Promise<Instant | null> {
  const row = await queries
    .selectFrom('persistent_cluster_statuses')
    .where('cluster_id', '=', clusterId)
    .select(({ fn }) => fn.max('status_date').as('date'))
    .executeTakeFirst();
  return row?.date ?? null;
}

/** Ids of the jobs of a persistent cluster that were submitted and have not ended. */
export async function findJobsOnCluster(queries: Queries, clusterId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('jobs')
    .where('persistent_cluster_id', '=', clusterId)
    .where('is_completed', '=', 0)
    .where('date_submitted', 'is not', null)
    .orderBy('date_submitted')
    .select('id')
    .execute();
  return rows.map(({ id }) => id);
}

/** Ids of the shares of a persistent cluster that have not ended. */
export async function findShares(queries: Queries, clusterId: string): Promise<string[]> {
  const rows = await queries
    .selectFrom('clusters')
    .where('persistent_id', '=', clusterId)
    .where('is_ended', '=', 0)
    .select('id')
    .execute();
  return rows.map(({ id }) => id);
}
