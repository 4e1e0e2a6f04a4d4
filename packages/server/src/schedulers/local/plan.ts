import type { ClusterRequest, Placement } from '../scheduler.ts';

/** Cores that a running cluster holds, and when its walltime ends at the latest, in milliseconds of the clock that `plan` gets. */
export interface Held {
  cores: number;
  endsAt: number;
}

/**
 * First come, first served, low priority after normal, with backfill: the first cluster that does not fit gets
 * a reservation for the moment when enough cores will be free at the latest; a later one may start before it
 * only if it fits now and cannot delay that moment (EASY backfill, Lifka 1995).
 */
export function plan(
  queue: readonly ClusterRequest[],
  held: readonly Held[],
  capacity: number,
  now: number,
): Placement[] {
  const ordered = [...queue].sort((a, b) => Number(a.isLowPriority) - Number(b.isLowPriority));
  const running = [...held];
  let free = capacity - sum(held);
  let reservation: { at: number; spare: number } | null = null;
  let position = 0;
  return ordered.map((request): Placement => {
    const cores = coresOf(request, capacity);
    if (cores > capacity) {
      return { clusterId: request.clusterId, decision: 'refuse', failure: tooSmall(cores, capacity) };
    }
    const endsAt = now + request.walltimeSeconds * 1000;
    const delaysNobody = reservation === null || endsAt <= reservation.at || cores <= reservation.spare;
    if (cores <= free && delaysNobody) {
      free -= cores;
      if (reservation && endsAt > reservation.at) {
        reservation.spare -= cores;
      }
      running.push({ cores, endsAt });
      return { clusterId: request.clusterId, decision: 'start' };
    }
    reservation ??= reserve(running, cores, free);
    position += 1;
    const why = cores > free ? '' : ', but starting it now would delay a job that has waited longer';
    return {
      clusterId: request.clusterId,
      decision: 'wait',
      waiting: {
        code: 'waiting_for_cores',
        message: `The job needs ${cores} cores; ${free} of ${capacity} are free${why}.`,
        position,
      },
    };
  });
}

/** Cores a cluster takes here: as many slots as the host has room for, at least one. */
export function coresOf(request: ClusterRequest, capacity: number): number {
  return grantedSlots(request, capacity) * request.coresPerSlot;
}

/** Slots that a host of this capacity grants. */
export function grantedSlots(request: { slots: number; coresPerSlot: number }, capacity: number): number {
  return Math.max(1, Math.min(request.slots, Math.floor(capacity / request.coresPerSlot)));
}

/** The moment at which `cores` will be free at the latest, and what remains free then. */
function reserve(running: readonly Held[], cores: number, free: number): { at: number; spare: number } {
  let available = free;
  for (const { cores: freed, endsAt } of [...running].sort((a, b) => a.endsAt - b.endsAt)) {
    available += freed;
    if (available >= cores) {
      return { at: endsAt, spare: available - cores };
    }
  }
  return { at: Number.POSITIVE_INFINITY, spare: 0 };
}

function sum(held: readonly Held[]): number {
  return held.reduce((total, { cores }) => total + cores, 0);
}

function tooSmall(cores: number, capacity: number) {
  return {
    code: 'no_capacity',
    message: `The job needs ${cores} cores at once, and this host offers ${capacity}.`,
    hint: 'Choose fewer cores per slot, or a platform with larger hosts.',
  };
}
