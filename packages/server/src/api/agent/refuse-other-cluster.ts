import type { Caller } from '../../access/caller.ts';
import { forbidden } from '../../problems.ts';

/** An agent speaks for its own cluster only. */
export function refuseOtherCluster(
  caller: Caller,
  clusterId: string,
): asserts caller is Extract<Caller, { kind: 'agent' }> {
  if (caller.kind !== 'agent' || caller.clusterId !== clusterId) {
    throw forbidden('This token belongs to another cluster.', 'An agent speaks for its own cluster only.');
  }
}
