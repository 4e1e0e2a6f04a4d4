import type { Failure, RunOutcome } from '@quarry/contract';
import type { Clock } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import { findJobsOnCluster } from '../../db/queries/persistent-clusters.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import type { StopKind } from '../life/state.ts';
import { type Applied, applyEvent } from '../life/store.ts';
import { stopUndelivered } from '../runs/stop-undelivered.ts';
import { applyToCluster } from './store.ts';

/** Why a persistent cluster ends, and what that means for the jobs on it. */
export interface ClusterEnd {
  /** For its own history. */
  reason: string;
  /** For its jobs. */
  outcome: RunOutcome;
  failure: Failure;
  /** How hard they are stopped. */
  kind: StopKind;
  /** Who wants it; null for the platform. */
  actorId: string | null;
}

/**
 * Ends a persistent cluster with the jobs on it, inside a write: one that executes is stopped, one that waits ends at once.
 * Answers what that comes to for the jobs, or null when the cluster is at its end already.
 */
export async function endPersistent(
  queries: Queries,
  clock: Clock,
  clusterId: string,
  { reason, outcome, failure, kind, actorId }: ClusterEnd,
): Promise<Applied[] | null> {
  if (!(await applyToCluster(queries, clock, clusterId, { type: 'end_requested', reason }))) {
    return null;
  }
  const jobs = await findJobsOnCluster(queries, clusterId);
  await recordEvent(queries, {
    at: clock.now(),
    actorId,
    subject: `cluster:${clusterId}`,
    verb: 'stopped',
    detail: { reason, jobs: jobs.length },
  });
  const applied: Applied[] = [];
  for (const jobId of jobs) {
    const ending = { outcome, failure };
    const undelivered = await stopUndelivered(queries, clock, jobId, ending);
    await recordEvent(queries, {
      at: clock.now(),
      actorId,
      subject: `job:${jobId}`,
      verb: 'stopped',
      detail: { code: failure.code },
    });
    applied.push(
      await applyEvent(queries, clock, jobId, { type: 'stop_requested', kind, undelivered, ending }),
    );
  }
  return applied;
}

/** What a job is told whose cluster was shut down. */
export function shutDownOf(clusterId: string): Pick<ClusterEnd, 'reason' | 'outcome' | 'failure' | 'kind'> {
  return {
    reason: 'Shut down on request',
    outcome: 'stopped',
    kind: 'discard',
    failure: {
      code: 'cluster_shut_down',
      message: `Cluster ${clusterId} was shut down on request, and what the job had written was not kept.`,
      hint: 'The logs of its runs are there. Execute it again with POST jobs/{id}/runs/rerun/ (quarry runs rerun), which gives it a cluster of its own.',
    },
  };
}

/** What a job is told whose cluster has come to the end of its walltime. */
export function walltimeOf(
  clusterId: string,
  walltimeSeconds: number,
): Pick<ClusterEnd, 'reason' | 'outcome' | 'failure' | 'kind'> {
  const hours = walltimeSeconds / 3600;
  const time = `${Number(hours.toFixed(4))} ${hours === 1 ? 'hour' : 'hours'}`;
  return {
    reason: `Walltime of ${time} exceeded`,
    outcome: 'walltime_exceeded',
    kind: 'graceful',
    failure: {
      code: 'cluster_walltime_exceeded',
      message: `The walltime of cluster ${clusterId}, ${time}, is over, and its jobs were stopped.`,
      hint: 'What was written until then is among the outputs. Execute what is left again with POST jobs/{id}/runs/rerun/ (quarry runs rerun), which gives it a cluster of its own.',
    },
  };
}
