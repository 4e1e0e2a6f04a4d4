import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { often } from '../../../../contract/testing/often.ts';
import type { ClusterRequest, Placement } from '../scheduler.ts';
import { grantedSlots, type Held, plan, type Resources, resourcesOf } from './plan.ts';

const HOUR = 3_600_000;

function request(
  clusterId: string,
  coresPerSlot: number,
  rest: Partial<ClusterRequest> = {},
): ClusterRequest {
  return {
    clusterId,
    coresPerSlot,
    gpusPerSlot: 0,
    coreType: 'granite',
    slots: 1,
    walltimeSeconds: 3600,
    isLowPriority: false,
    directory: '/nowhere',
    sharesFiles: true,
    ...rest,
  };
}

/** Which clusters start, in order, and which wait, by position. */
function decide(queue: ClusterRequest[], held: Held[], cores: number, gpus = 0) {
  const placements = plan(queue, held, { cores, gpus }, 0);
  return {
    starts: placements.flatMap((each) => (each.decision === 'start' ? [each.clusterId] : [])),
    waits: placements.flatMap((each) =>
      each.decision === 'wait' ? [`${each.waiting.position}:${each.clusterId}`] : [],
    ),
    refused: placements.flatMap((each) => (each.decision === 'refuse' ? [each.clusterId] : [])),
  };
}

describe('the order of starts', () => {
  test('is that of submission as long as there are cores', () => {
    expect(decide([request('a', 2), request('b', 2), request('c', 2)], [], 4)).toEqual({
      starts: ['a', 'b'],
      waits: ['1:c'],
      refused: [],
    });
  });

  test('puts low priority behind everything normal, also behind what came later', () => {
    expect(decide([request('low', 2, { isLowPriority: true }), request('normal', 2)], [], 2)).toMatchObject({
      starts: ['normal'],
      waits: ['1:low'],
    });
  });

  test('lets a short one go first that ends before a large one could start', () => {
    const held = [{ cores: 2, gpus: 0, endsAt: 2 * HOUR }];
    const queue = [request('large', 4), request('short', 2, { walltimeSeconds: 2 * 3600 })];
    expect(decide(queue, held, 4)).toMatchObject({ starts: ['short'], waits: ['1:large'] });
  });

  test('holds back one that would outlast the moment at which the large one can start, and says so', () => {
    const held = [{ cores: 2, gpus: 0, endsAt: 2 * HOUR }];
    const queue = [request('large', 4), request('long', 2, { walltimeSeconds: 2 * 3600 + 1 })];
    expect(decide(queue, held, 4)).toMatchObject({ starts: [], waits: ['1:large', '2:long'] });
    const [, long] = plan(queue, held, { cores: 4, gpus: 0 }, 0);
    expect(long).toMatchObject({
      waiting: { message: expect.stringContaining('would delay a job that has waited longer') },
    });
  });

  test('lets a long one go first on cores that the large one leaves over', () => {
    const held = [{ cores: 2, gpus: 0, endsAt: 2 * HOUR }];
    const queue = [request('large', 3), request('long', 1, { walltimeSeconds: 99 * 3600 })];
    expect(decide(queue, held, 4)).toMatchObject({ starts: ['long'], waits: ['1:large'] });
  });

  test('refuses what no amount of waiting could start, and gives its place to the next', () => {
    expect(decide([request('huge', 8), request('b', 2)], [], 4)).toEqual({
      starts: ['b'],
      waits: [],
      refused: ['huge'],
    });
  });

  test('grants as many slots as the host has room for, at least one', () => {
    const host = { cores: 5, gpus: 1 };
    expect(grantedSlots({ slots: 100, coresPerSlot: 2, gpusPerSlot: 0 }, host)).toBe(2);
    expect(grantedSlots({ slots: 1, coresPerSlot: 8, gpusPerSlot: 0 }, host)).toBe(1);
    expect(grantedSlots({ slots: 100, coresPerSlot: 2, gpusPerSlot: 1 }, host)).toBe(1);
    expect(grantedSlots({ slots: 100, coresPerSlot: 1, gpusPerSlot: 1 }, { cores: 16, gpus: 3 })).toBe(3);
  });
});

describe('GPUs', () => {
  const withGpus = (id: string, gpusPerSlot: number, rest: Partial<ClusterRequest> = {}) =>
    request(id, 1, { gpusPerSlot, ...rest });

  test('are waited for as cores are, and what needs none goes on meanwhile', () => {
    const queue = [withGpus('a', 2), withGpus('b', 1), request('c', 1, { walltimeSeconds: 99 * 3600 })];
    expect(decide(queue, [], 8, 2)).toEqual({ starts: ['a', 'c'], waits: ['1:b'], refused: [] });
    expect(plan(queue, [], { cores: 8, gpus: 2 }, 0)[1]).toMatchObject({
      waiting: { code: 'waiting_for_gpus', message: 'The job needs 1 GPU; 0 of 2 are free.' },
    });
  });

  test('are kept for who has waited longest', () => {
    const held = [{ cores: 1, gpus: 1, endsAt: HOUR }];
    const queue = [withGpus('both', 2), withGpus('long', 1, { walltimeSeconds: 7200 }), withGpus('short', 1)];
    expect(decide(queue, held, 8, 2)).toMatchObject({ starts: ['short'], waits: ['1:both', '2:long'] });
  });

  test('that there are not enough of are refused in words', () => {
    const [placement] = plan([withGpus('a', 3)], [], { cores: 8, gpus: 2 }, 0);
    expect(placement).toMatchObject({
      decision: 'refuse',
      failure: {
        code: 'no_capacity',
        message: 'The job needs 3 GPUs at once, and this host offers 2.',
      },
    });
  });
});

describe('whatever waits and runs', () => {
  const CAPACITY: Resources = { cores: 8, gpus: 3 };
  const sum = (held: readonly Resources[]): Resources => ({
    cores: held.reduce((total, { cores }) => total + cores, 0),
    gpus: held.reduce((total, { gpus }) => total + gpus, 0),
  });
  const isWithin = (some: Resources) => some.cores <= CAPACITY.cores && some.gpus <= CAPACITY.gpus;
  const queueOf = fc.array(
    fc.record({
      coresPerSlot: fc.integer({ min: 1, max: 9 }),
      gpusPerSlot: fc.integer({ min: 0, max: 4 }),
      slots: fc.integer({ min: 1, max: 3 }),
      walltimeSeconds: fc.integer({ min: 1, max: 20 }),
      isLowPriority: fc.boolean(),
    }),
    { maxLength: 12 },
  );
  const heldOf = fc
    .array(
      fc.record({
        cores: fc.integer({ min: 1, max: 8 }),
        gpus: fc.integer({ min: 0, max: 2 }),
        endsAt: fc.integer({ min: 0, max: 20_000 }),
      }),
      {
        maxLength: 8,
      },
    )
    .filter((held) => isWithin(sum(held)));
  const named = (
    queue: Array<Omit<ClusterRequest, 'clusterId' | 'coreType' | 'directory' | 'sharesFiles'>>,
  ) =>
    queue.map(
      (each, index): ClusterRequest => ({
        ...each,
        clusterId: String(index),
        coreType: 'granite',
        directory: '/nowhere',
        sharesFiles: true,
      }),
    );

  const taken = (each: Placement, requests: readonly ClusterRequest[]): Held[] => {
    const request = requests[Number(each.clusterId)]!;
    const endsAt = request.walltimeSeconds * 1000;
    return each.decision === 'start' ? [{ ...resourcesOf(request, CAPACITY), endsAt }] : [];
  };

  /** When so much is free at the latest, if what is held ends no sooner than it must. */
  function freeAt(needed: Resources, held: readonly Held[]): number {
    const moments = [0, ...held.map(({ endsAt }) => endsAt)].sort((a, b) => a - b);
    return moments.find((at) => isWithin(sum([needed, ...held.filter(({ endsAt }) => endsAt > at)])))!;
  }

  test('never gives out more cores or GPUs than there are, and answers for every request', () => {
    fc.assert(
      fc.property(queueOf, heldOf, (queue, held) => {
        const requests = named(queue);
        const placements = plan(requests, held, CAPACITY, 0);
        expect(placements.map(({ clusterId }) => clusterId).sort()).toEqual(
          requests.map(({ clusterId }) => clusterId).sort(),
        );
        expect(isWithin(sum([...held, ...placements.flatMap((each) => taken(each, requests))]))).toBe(true);
      }),
    );
  });

  test('whoever starts out of turn never delays the first who waits', () => {
    fc.assert(
      fc.property(queueOf, heldOf, (queue, held) => {
        const requests = named(queue);
        const placements = plan(requests, held, CAPACITY, 0);
        const first = placements.findIndex(({ decision }) => decision === 'wait');
        if (first < 0) {
          return;
        }
        const hold = (each: Placement) => taken(each, requests);
        const needed = resourcesOf(requests[Number(placements[first]!.clusterId)]!, CAPACITY);
        const inTurn = [...held, ...placements.slice(0, first).flatMap(hold)];
        const all = [...held, ...placements.flatMap(hold)];
        expect(freeAt(needed, all)).toBeLessThanOrEqual(freeAt(needed, inTurn));
      }),
      { numRuns: often(500) },
    );
  });
});
