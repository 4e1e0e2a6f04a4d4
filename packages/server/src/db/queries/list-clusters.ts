import { sql } from 'kysely';
import { type Caller, person } from '../../access/caller.ts';
import { notFound } from '../../problems.ts';
import type { Queries } from '../database.ts';
import { dateKey, type ListSource, splitDateKey, type Window } from '../list-source.ts';
import type { PersistentClusterRow } from '../tables.ts';
import { findPersistent, persistentIdsOf, seenClusters } from './persistent-clusters.ts';
import { visibleJobs } from './visible-jobs.ts';

export interface ClusterFilter {
  state: 'running' | 'waiting' | 'ended' | 'all';
  jobId?: string;
}

/** Clusters of jobs that the caller may see, and persistent ones, newest first. */
export function listClusters(
  queries: Queries,
  caller: Caller,
  { state, jobId }: ClusterFilter,
): ListSource<ClusterListRow> {
  function ofJobs() {
    let clusters = clustersOf(queries, caller);
    if (jobId !== undefined) {
      clusters = clusters.where('jobs.id', '=', jobId);
    }
    // Nearly all have ended: with the sign the index over that is left alone, and they come in order.
    if (state === 'ended') {
      clusters = clusters.where(sql<boolean>`+clusters.is_ended = 1`);
    }
    if (state === 'running' || state === 'waiting') {
      clusters = clusters.where('clusters.is_ended', '=', 0);
    }
    // Until it is started there is no handle to find it by.
    if (state === 'running') {
      clusters = clusters.where('clusters.handle', 'is not', null);
    }
    if (state === 'waiting') {
      clusters = clusters.where('clusters.handle', 'is', null);
    }
    return clusters;
  }

  function persistent() {
    const phases = PHASES[state];
    const clusters =
      jobId === undefined ? seenClusters(queries, person(caller)) : clustersThatJobHad(queries, jobId);
    return phases === null ? clusters : clusters.where('persistent_clusters.phase', 'in', phases);
  }

  return {
    async count() {
      const [ofJob, kept] = await Promise.all([
        ofJobs()
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow(),
        persistent()
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow(),
      ]);
      return Number(ofJob.count) + Number(kept.count);
    },
    async rows({ limit, offset, after }: Window) {
      // The ids alone come from indexes; only those of this page fetch their rows.
      let ids = ofJobs().select(['clusters.id', 'clusters.date_inserted']);
      let others = persistent().select(['persistent_clusters.id', 'persistent_clusters.date_inserted']);
      if (after !== null) {
        const { date, id } = splitDateKey(after);
        ids = ids.where(sql<boolean>`(clusters.date_inserted, clusters.id) < (${date}, ${id})`);
        others = others.where(
          sql<boolean>`(persistent_clusters.date_inserted, persistent_clusters.id) < (${date}, ${id})`,
        );
      }
      const page = await ids
        .unionAll(others)
        .orderBy('date_inserted', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute();
      const shown = page.map(({ id }) => id);
      const rows = await findRows(queries, visibleJobs(queries, caller), shown);
      return page.flatMap(({ id }) => rows.get(id) ?? []);
    },
    keyOf: ({ id, dateInserted }) => dateKey(dateInserted, id),
  };
}

/** A cluster that the caller may see, of a job or persistent; refuses with 404 when there is none. */
export async function findVisibleCluster(
  queries: Queries,
  caller: Caller,
  clusterId: string,
): Promise<ClusterListRow> {
  const [ofJob, kept] = await Promise.all([
    clustersOf(queries, caller).where('clusters.id', '=', clusterId).select('clusters.id').executeTakeFirst(),
    findPersistent(queries, caller, clusterId),
  ]);
  const row =
    ofJob || kept
      ? (await findRows(queries, visibleJobs(queries, caller), [clusterId])).get(clusterId)
      : undefined;
  if (!row) {
    throw notFound(`There is no cluster "${clusterId}" that you may see.`);
  }
  return row;
}

/**
 * The cluster that executes a job, or did last, with where one logs in to the job; null before it has one. Whoever may see
 * the job may see it.
 */
export async function findClusterOfJob(
  queries: Queries,
  { cluster_id: id }: { cluster_id: string | null },
): Promise<ClusterListRow | null> {
  if (id === null) {
    return null;
  }
  const share = await rowsOf(withJobs(queries.selectFrom('jobs')).where('clusters.id', '=', id))
    .select('clusters.persistent_id')
    .executeTakeFirst();
  if (!share?.persistent_id) {
    return share ? { ...share, ...NOT_PERSISTENT, jobIds: jobIdsOf(share) } : null;
  }
  const cluster = (await findRows(queries, queries.selectFrom('jobs'), [share.persistent_id])).get(
    share.persistent_id,
  )!;
  const { dateStarted, dateStopped, ssh } = share;
  return {
    ...cluster,
    dateStarted: dateStarted && cluster.dateStarted,
    ssh: dateStopped === null ? ssh : null,
  };
}

/** Which phases of a persistent cluster are a state of the list; null for all. */
const PHASES: Record<ClusterFilter['state'], readonly ClusterPhase[] | null> = {
  running: ['launched', 'started', 'ending'],
  waiting: ['not_started', 'queued'],
  ended: ['stopped'],
  all: null,
};

type ClusterPhase = PersistentClusterRow['phase'];

/** What only persistent clusters have. */
interface PersistentPart {
  persistent: Pick<
    PersistentClusterRow,
    'project_id' | 'analyses' | 'idle_seconds' | 'waiting' | 'price_per_core_hour' | 'currency' | 'ending'
  > | null;
}

const NOT_PERSISTENT: PersistentPart = { persistent: null };

function clustersOf(queries: Queries, caller: Caller) {
  // Shares of persistent clusters are no clusters to anybody.
  return withJobs(visibleJobs(queries, caller)).where('clusters.persistent_id', 'is', null);
}

function clustersThatJobHad(queries: Queries, jobId: string) {
  return queries
    .selectFrom('persistent_clusters')
    .where('persistent_clusters.id', 'in', persistentIdsOf(queries, jobId));
}

function withJobs(jobs: ReturnType<typeof visibleJobs>) {
  return jobs.innerJoin('clusters', 'clusters.job_id', 'jobs.id');
}

function rowsOf(clusters: ReturnType<typeof withJobs>) {
  return clusters
    .innerJoin('users', 'users.id', 'jobs.owner_id')
    .select([
      'clusters.id',
      'clusters.scheduler',
      'clusters.hostname',
      'clusters.ssh',
      'clusters.slots_granted as slotsGranted',
      'clusters.date_inserted as dateInserted',
      'clusters.is_ended as isEnded',
      'jobs.id as jobId',
      'jobs.name',
      'jobs.core_type as coreType',
      'jobs.cores_per_slot as coresPerSlot',
      'jobs.slots',
      'jobs.walltime_seconds as walltimeSeconds',
      'jobs.is_low_priority as isLowPriority',
      'users.email as owner',
    ])
    .select(({ selectFrom }) => {
      const history = selectFrom('cluster_statuses').whereRef('cluster_id', '=', 'clusters.id');
      const newest = history.orderBy('status_date', 'desc').limit(1);
      return [
        newest.select('status').as('status'),
        newest.select('status_reason').as('statusReason'),
        newest.select('status_date').as('statusDate'),
        history.where('status', '=', 'Started').select('status_date').limit(1).as('dateStarted'),
        history.where('status', '=', 'Stopped').select('status_date').limit(1).as('dateStopped'),
      ];
    });
}

type RowOfJob = Awaited<ReturnType<ReturnType<typeof rowsOf>['execute']>>[number];

export type ClusterListRow = Omit<RowOfJob, 'jobId' | 'isEnded'> &
  PersistentPart & { jobId: string | null; jobIds: string[] };

type Jobs = ReturnType<typeof visibleJobs>;

/** Of clusters with several jobs those are named that are among `jobs`. */
async function findRows(
  queries: Queries,
  jobs: Jobs,
  ids: readonly string[],
): Promise<Map<string, ClusterListRow>> {
  const [ofJobs, persistent] = await Promise.all([
    rowsOf(withJobs(queries.selectFrom('jobs')).where('clusters.id', 'in', ids)).execute(),
    findPersistentListRows(queries, jobs, ids),
  ]);
  const rows = ofJobs.map((row) => ({ ...row, ...NOT_PERSISTENT, jobIds: jobIdsOf(row) }));
  return new Map([...rows, ...persistent].map((row): [string, ClusterListRow] => [row.id, row]));
}

function jobIdsOf({ jobId, isEnded }: Pick<RowOfJob, 'jobId' | 'isEnded'>): string[] {
  return isEnded === 1 ? [] : [jobId];
}

async function findPersistentListRows(
  queries: Queries,
  visible: Jobs,
  ids: readonly string[],
): Promise<ClusterListRow[]> {
  const rows = await queries
    .selectFrom('persistent_clusters')
    .innerJoin('users', 'users.id', 'persistent_clusters.owner_id')
    .where('persistent_clusters.id', 'in', ids)
    .selectAll('persistent_clusters')
    .select('users.email as owner')
    .select(({ selectFrom }) => {
      const history = selectFrom('persistent_cluster_statuses').whereRef(
        'cluster_id',
        '=',
        'persistent_clusters.id',
      );
      const newest = history.orderBy('status_date', 'desc').limit(1);
      return [
        newest.select('status').as('status'),
        newest.select('status_reason').as('statusReason'),
        newest.select('status_date').as('statusDate'),
      ];
    })
    .execute();
  if (rows.length === 0) {
    return [];
  }
  const jobs = await visible
    .where('jobs.persistent_cluster_id', 'in', ids)
    .where('jobs.is_completed', '=', 0)
    .where('jobs.date_submitted', 'is not', null)
    .orderBy('jobs.date_submitted')
    .select(['jobs.id', 'jobs.persistent_cluster_id'])
    .execute();
  const byCluster = Map.groupBy(jobs, ({ persistent_cluster_id }) => persistent_cluster_id);
  return rows.map((row) => ({
    ...{ id: row.id, scheduler: row.scheduler, hostname: row.hostname, ssh: null },
    ...{ slotsGranted: row.slots_granted, dateInserted: row.date_inserted, name: row.name },
    ...{ coreType: row.core_type, coresPerSlot: row.cores_per_slot, slots: row.slots },
    ...{ walltimeSeconds: row.walltime_seconds, isLowPriority: row.is_low_priority, owner: row.owner },
    ...{ status: row.status, statusReason: row.statusReason, statusDate: row.statusDate },
    ...{ dateStarted: row.date_started, dateStopped: row.date_ended },
    jobId: null,
    jobIds: (byCluster.get(row.id) ?? []).map(({ id }) => id),
    persistent: row,
  }));
}
