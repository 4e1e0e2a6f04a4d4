import { sql } from 'kysely';
import type { Caller } from '../../access/caller.ts';
import { notFound } from '../../problems.ts';
import type { Queries } from '../database.ts';
import { dateKey, type ListSource, splitDateKey, type Window } from '../list-source.ts';
import { visibleJobs } from './visible-jobs.ts';

export interface ClusterFilter {
  state: 'running' | 'waiting' | 'ended' | 'all';
  jobId?: string;
}

/** Clusters of jobs that the caller may see, newest first. */
export function listClusters(
  queries: Queries,
  caller: Caller,
  { state, jobId }: ClusterFilter,
): ListSource<ClusterListRow> {
  function chosen() {
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

  return {
    async count() {
      const { count } = await chosen()
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async rows({ limit, offset, after }: Window) {
      // The ids alone come from an index; only those of this page fetch their rows.
      let ids = chosen().select('clusters.id');
      if (after !== null) {
        const { date, id } = splitDateKey(after);
        ids = ids.where(sql<boolean>`(clusters.date_inserted, clusters.id) < (${date}, ${id})`);
      }
      const page = ids
        .orderBy('clusters.date_inserted', 'desc')
        .orderBy('clusters.id', 'desc')
        .limit(limit)
        .offset(offset);
      return rowsOf(withJobs(queries.selectFrom('jobs')).where('clusters.id', 'in', page))
        .orderBy('clusters.date_inserted', 'desc')
        .orderBy('clusters.id', 'desc')
        .execute();
    },
    keyOf: ({ id, dateInserted }) => dateKey(dateInserted, id),
  };
}

/** A cluster whose job the caller may see; refuses with 404 when there is none. */
export async function findVisibleCluster(
  queries: Queries,
  caller: Caller,
  clusterId: string,
): Promise<ClusterListRow> {
  const row = await rowsOf(
    clustersOf(queries, caller).where('clusters.id', '=', clusterId),
  ).executeTakeFirst();
  if (!row) {
    throw notFound(`There is no cluster "${clusterId}" that you may see.`);
  }
  return row;
}

function clustersOf(queries: Queries, caller: Caller) {
  return withJobs(visibleJobs(queries, caller));
}

function withJobs(jobs: ReturnType<typeof visibleJobs>) {
  return jobs.innerJoin('clusters', 'clusters.job_id', 'jobs.id');
}

function rowsOf(clusters: ReturnType<typeof clustersOf>) {
  return clusters
    .innerJoin('users', 'users.id', 'jobs.owner_id')
    .select([
      'clusters.id',
      'clusters.scheduler',
      'clusters.hostname',
      'clusters.ssh',
      'clusters.slots_granted as slotsGranted',
      'clusters.date_inserted as dateInserted',
      'jobs.id as jobId',
      'jobs.name',
      'jobs.core_type as coreType',
      'jobs.cores_per_slot as coresPerSlot',
      'jobs.slots',
      'jobs.walltime_seconds as walltimeSeconds',
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

export type ClusterListRow = Awaited<ReturnType<ReturnType<typeof rowsOf>['execute']>>[number];
