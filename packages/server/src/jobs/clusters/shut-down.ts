import { type Caller, person } from '../../access/caller.ts';
import { findManagedPersistent } from '../../db/queries/persistent-clusters.ts';
import type { Applied } from '../life/store.ts';
import type { ClustersDomain } from './create.ts';
import { endPersistent, shutDownOf } from './end.ts';

/** Ends a persistent cluster and the jobs on it; answers what that comes to for those. */
export async function shutDownPersistent(
  { queries, clock }: Pick<ClustersDomain, 'queries' | 'clock'>,
  actor: Caller,
  clusterId: string,
): Promise<Applied[]> {
  await findManagedPersistent(queries, actor, clusterId);
  const end = { ...shutDownOf(clusterId), actorId: person(actor).userId };
  return (await endPersistent(queries, clock, clusterId, end)) ?? [];
}
