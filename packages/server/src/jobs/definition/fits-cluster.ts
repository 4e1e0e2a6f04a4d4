import type { PersistentClusterRow } from '../../db/tables.ts';

/** What a job asks of a persistent cluster. */
export interface ClusterWish {
  ownerId: string;
  projectId: string | null;
  coreType: string;
  coresPerSlot: number;
  gpusPerSlot: number;
}

/** Why a job cannot be executed on a persistent cluster, in words; null when it can. */
export function misfitOf(cluster: PersistentClusterRow, wish: ClusterWish): string | null {
  const { id, ending, phase } = cluster;
  if (phase === 'ending' || phase === 'stopped') {
    return `Cluster ${id} has ended (${ending ?? 'it is gone'}); create another one with POST clusters/.`;
  }
  if (
    wish.ownerId !== cluster.owner_id &&
    (cluster.project_id === null || cluster.project_id !== wish.projectId)
  ) {
    return cluster.project_id === null
      ? `Cluster ${id} is somebody else's, and takes the jobs of its owner only.`
      : `Cluster ${id} takes the jobs of its owner, and of its project "${cluster.project_id}", which is not that of the job.`;
  }
  if (wish.coreType !== cluster.core_type) {
    return `Cluster ${id} has cores of "${cluster.core_type}", and the job asks for "${wish.coreType}".`;
  }
  if (wish.coresPerSlot > cluster.cores_per_slot || wish.gpusPerSlot > cluster.gpus_per_slot) {
    const gpus = cluster.gpus_per_slot > 0 ? ` and ${cluster.gpus_per_slot} GPUs` : '';
    return `A slot of cluster ${id} has ${cluster.cores_per_slot} cores${gpus}, and one of the job needs more: ${wish.coresPerSlot} cores${wish.gpusPerSlot > 0 ? ` and ${wish.gpusPerSlot} GPUs` : ''}.`;
  }
  return null;
}
