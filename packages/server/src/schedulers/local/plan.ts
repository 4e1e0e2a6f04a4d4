import type { ClusterRequest, Placement, SlotWish } from '../scheduler.ts';

/** What a host gives out, in whole pieces. */
export interface Resources {
  cores: number;
  gpus: number;
}

/** What a running cluster holds, and when its walltime ends at the latest, in milliseconds of the clock that `plan` gets. */
export interface Held extends Resources {
  endsAt: number;
}

/** What gives it out, as it is called to those who wait. */
interface Place {
  name: string;
  /** Behind how much there is. */
  ofIt: string;
  remedy: string;
}

const HOST: Place = { name: 'this host', ofIt: '', remedy: 'a platform with larger hosts' };

/** A persistent cluster, from which its jobs get what it holds. */
export function placeOf(clusterId: string): Place {
  return {
    name: `cluster ${clusterId}`,
    ofIt: ` of cluster ${clusterId}`,
    remedy: 'a larger cluster',
  };
}

/**
 * First come, first served, low priority after normal, with backfill: the first cluster that does not fit gets
 * a reservation for the moment when enough will be free at the latest; a later one may start before it
 * only if it fits now and cannot delay that moment (EASY backfill, Lifka 1995).
 */
export function plan(
  queue: readonly ClusterRequest[],
  held: readonly Held[],
  capacity: Resources,
  now: number,
  where: Place = HOST,
): Placement[] {
  const ordered = [...queue].sort((a, b) => Number(a.isLowPriority) - Number(b.isLowPriority));
  const running = [...held];
  let free = held.reduce(less, capacity);
  let reservation: { at: number; spare: Resources } | null = null;
  let position = 0;
  return ordered.map((request): Placement => {
    const needed = resourcesOf(request, capacity);
    if (!fits(needed, capacity)) {
      return { clusterId: request.clusterId, decision: 'refuse', failure: tooSmall(needed, capacity, where) };
    }
    const endsAt = now + request.walltimeSeconds * 1000;
    const delaysNobody = reservation === null || endsAt <= reservation.at || fits(needed, reservation.spare);
    if (fits(needed, free) && delaysNobody) {
      free = less(free, needed);
      if (reservation && endsAt > reservation.at) {
        reservation.spare = less(reservation.spare, needed);
      }
      running.push({ ...needed, endsAt });
      return { clusterId: request.clusterId, decision: 'start' };
    }
    reservation ??= reserve(running, needed, free);
    position += 1;
    return {
      clusterId: request.clusterId,
      decision: 'wait',
      waiting: { ...whyWaiting(needed, free, capacity, where), position },
    };
  });
}

/** What a cluster takes here: as many slots as the host has room for, at least one. */
export function resourcesOf(request: ClusterRequest, capacity: Resources): Resources {
  const slots = grantedSlots(request, capacity);
  return { cores: slots * request.coresPerSlot, gpus: slots * request.gpusPerSlot };
}

/** Slots that a host of this capacity grants. */
export function grantedSlots({ slots, coresPerSlot, gpusPerSlot }: SlotWish, capacity: Resources): number {
  const byCores = Math.floor(capacity.cores / coresPerSlot);
  const byGpus = gpusPerSlot === 0 ? slots : Math.floor(capacity.gpus / gpusPerSlot);
  return Math.max(1, Math.min(slots, byCores, byGpus));
}

/** The moment at which so much will be free at the latest, and what remains free then. */
function reserve(
  running: readonly Held[],
  needed: Resources,
  free: Resources,
): { at: number; spare: Resources } {
  let available = free;
  for (const { cores, gpus, endsAt } of [...running].sort((a, b) => a.endsAt - b.endsAt)) {
    available = { cores: available.cores + cores, gpus: available.gpus + gpus };
    if (fits(needed, available)) {
      return { at: endsAt, spare: less(available, needed) };
    }
  }
  return { at: Number.POSITIVE_INFINITY, spare: { cores: 0, gpus: 0 } };
}

function fits(needed: Resources, available: Resources): boolean {
  return needed.cores <= available.cores && needed.gpus <= available.gpus;
}

function less(from: Resources, taken: Resources): Resources {
  return { cores: from.cores - taken.cores, gpus: from.gpus - taken.gpus };
}

function whyWaiting(needed: Resources, free: Resources, capacity: Resources, { ofIt }: Place) {
  if (needed.cores <= free.cores && needed.gpus > free.gpus) {
    return {
      code: 'waiting_for_gpus',
      message: `The job needs ${gpusInWords(needed.gpus)}; ${free.gpus} of ${capacity.gpus}${ofIt} are free.`,
    };
  }
  const why =
    needed.cores > free.cores ? '' : ', but starting it now would delay a job that has waited longer';
  return {
    code: 'waiting_for_cores',
    message: `The job needs ${coresInWords(needed.cores)}; ${free.cores} of ${capacity.cores}${ofIt} are free${why}.`,
  };
}

function tooSmall(needed: Resources, capacity: Resources, { name, remedy }: Place) {
  if (needed.cores > capacity.cores) {
    return {
      code: 'no_capacity',
      message: `The job needs ${coresInWords(needed.cores)} at once, and ${name} offers ${capacity.cores}.`,
      hint: `Choose fewer cores per slot, or ${remedy}.`,
    };
  }
  return {
    code: 'no_capacity',
    message: `The job needs ${gpusInWords(needed.gpus)} at once, and ${name} offers ${capacity.gpus}.`,
    hint: `Choose a core type with fewer GPUs per slot, or ${remedy}.`,
  };
}

function coresInWords(count: number): string {
  return `${count} ${count === 1 ? 'core' : 'cores'}`;
}

function gpusInWords(count: number): string {
  return `${count} ${count === 1 ? 'GPU' : 'GPUs'}`;
}
