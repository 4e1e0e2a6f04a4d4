import type { CoreType } from '../../catalog/types.ts';
import type { SchedulerUse } from '../../schedulers/scheduler.ts';

type Amounts = SchedulerUse['total'];

/** What no cluster has. */
export function freeOf({ total, clusters }: SchedulerUse): Amounts {
  return clusters.reduce(
    (left, { cores, gpus }) => ({ cores: left.cores - cores, gpus: left.gpus - gpus }),
    total,
  );
}

/** The most cores that slots of one size of a core type could have of what is free; 0 where jobs may not use it. */
export function freeCores(
  { available, cores, gpuCounts }: Pick<CoreType, 'available' | 'cores' | 'gpuCounts'>,
  free: Amounts,
): number {
  if (!available) {
    return 0;
  }
  const most = cores.map((size, index) => {
    const gpus = gpuCounts[index] ?? 0;
    const slots = Math.min(
      Math.floor(free.cores / size),
      gpus === 0 ? Infinity : Math.floor(free.gpus / gpus),
    );
    return Math.max(0, slots * size);
  });
  return Math.max(0, ...most);
}
