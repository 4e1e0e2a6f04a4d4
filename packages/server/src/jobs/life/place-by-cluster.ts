import type { Placement } from '../../schedulers/scheduler.ts';

interface WaitingShare {
  /** Of the share. */
  clusterId: string;
  /** The persistent cluster that it is to be within; null for a cluster by itself. */
  within: string | null;
  clusterPhase: 'not_started' | 'queued' | 'launched' | 'started' | 'ending' | 'stopped' | null;
  /** Why the persistent cluster ends; null before. */
  clusterEnding: string | null;
}

/** What is decided of shares whose persistent cluster is not there, or not any more: the scheduler need not be asked. */
export function placeByCluster(queue: readonly WaitingShare[]): Map<string, Placement> {
  const placements = new Map<string, Placement>();
  const positions = new Map<string, number>();
  for (const { clusterId, within, clusterPhase, clusterEnding } of queue) {
    if (within === null || clusterPhase === 'started') {
      continue;
    }
    if (clusterPhase === 'ending' || clusterPhase === 'stopped') {
      placements.set(clusterId, {
        clusterId,
        decision: 'refuse',
        failure: {
          code: 'cluster_ended',
          message: `Cluster ${within} ended before it could execute what is left of the job: ${clusterEnding ?? 'it is gone'}.`,
          hint: 'Execute it with POST jobs/{id}/runs/rerun/ (quarry runs rerun), which gives it a cluster of its own, or attach a clone to another cluster.',
        },
      });
      continue;
    }
    const position = (positions.get(within) ?? 0) + 1;
    positions.set(within, position);
    const message =
      clusterPhase === 'not_started'
        ? `Cluster ${within} has not been started: POST clusters/${within}/start/ (quarry clusters start).`
        : `Cluster ${within} is being started.`;
    placements.set(clusterId, {
      clusterId,
      decision: 'wait',
      waiting: { code: 'waiting_for_cluster', message, position },
    });
  }
  return placements;
}
