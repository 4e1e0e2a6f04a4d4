import { type Caller, person } from '../../access/caller.ts';
import { findManagedPersistent } from '../../db/queries/persistent-clusters.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { refused } from '../../problems.ts';
import type { ClustersDomain } from './create.ts';
import { applyToCluster } from './store.ts';

/** Puts a persistent cluster into the queue; one that is there, or on its way, stays as it is. */
export async function startPersistent(
  { queries, clock }: Pick<ClustersDomain, 'queries' | 'clock'>,
  actor: Caller,
  clusterId: string,
): Promise<void> {
  const { phase, ending } = await findManagedPersistent(queries, actor, clusterId);
  if (phase === 'ending' || phase === 'stopped') {
    throw refused(`The cluster has ended (${ending ?? 'it is gone'}) and cannot be started again.`, {
      code: 'cluster_ended',
      hint: 'Create another one (POST clusters/).',
    });
  }
  if (await applyToCluster(queries, clock, clusterId, { type: 'start_requested' })) {
    await recordEvent(queries, {
      at: clock.now(),
      actorId: person(actor).userId,
      subject: `cluster:${clusterId}`,
      verb: 'submitted',
    });
  }
}
