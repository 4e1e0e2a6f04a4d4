import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { often } from '../../../../contract/testing/often.ts';
import type { ClusterRequest } from '../scheduler.ts';
import { coresOf, grantedSlots, type Held, plan } from './plan.ts';

const HOUR = 3_600_000;

function request(
  clusterId: string,
  coresPerSlot: number,
  rest: Partial<ClusterRequest> = {},
): ClusterRequest {
  return {
    clusterId,
    coresPerSlot,
    coreType: 'granite',
    slots: 1,
    walltimeSeconds: 3600,
    isLowPriority: false,
    directory: '/nowhere',
    ...rest,
  };
}

/** Which clusters start, in order, and which wait, by position. */
function decide(queue: ClusterRequest[], held: Held[], capacity: number) {
  const placements = plan(queue, held, capacity, 0);
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
    const held = [{ cores: 2, endsAt: 2 * HOUR }];
    const queue = [request('large', 4), request('short', 2, { walltimeSeconds: 2 * 3600 })];
    expect(decide(queue, held, 4)).toMatchObject({ starts: ['short'], waits: ['1:large'] });
  });

  test('holds back one that would outlast the moment at which the large one can start, and says so', () => {
    const held = [{ cores: 2, endsAt: 2 * HOUR }];
    const queue = [request('large', 4), request('long', 2, { walltimeSeconds: 2 * 3600 + 1 })];
    expect(decide(queue, held, 4)).toMatchObject({ starts: [], waits: ['1:large', '2:long'] });
    const [, long] = plan(queue, held, 4, 0);
    expect(long).toMatchObject({
      waiting: { message: expect.stringContaining('would delay a job that has waited longer') },
    });
  });

  test('lets a long one go first on cores that the large one leaves over', () => {
    const held = [{ cores: 2, endsAt: 2 * HOUR }];
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
    expect(grantedSlots({ slots: 100, coresPerSlot: 2 }, 5)).toBe(2);
    expect(grantedSlots({ slots: 1, coresPerSlot: 8 }, 5)).toBe(1);
  });
});

describe('whatever waits and runs', () => {
  const CAPACITY = 8;
  const queueOf = fc.array(
    fc.record({
      coresPerSlot: fc.integer({ min: 1, max: 9 }),
      slots: fc.integer({ min: 1, max: 3 }),
      walltimeSeconds: fc.integer({ min: 1, max: 20 }),
      isLowPriority: fc.boolean(),
    }),
    { maxLength: 12 },
  );
  const heldOf = fc
    .array(
      fc.record({ cores: fc.integer({ min: 1, max: 8 }), endsAt: fc.integer({ min: 0, max: 20_000 }) }),
      {
        maxLength: 8,
      },
    )
    .filter((held) => held.reduce((sum, { cores }) => sum + cores, 0) <= CAPACITY);
  const named = (queue: Array<Omit<ClusterRequest, 'clusterId' | 'coreType' | 'directory'>>) =>
    queue.map(
      (each, index): ClusterRequest => ({
        ...each,
        clusterId: String(index),
        coreType: 'granite',
        directory: '/nowhere',
      }),
    );

  /** When `cores` are free at the latest, if what is held ends no sooner than it must. */
  function freeAt(cores: number, held: readonly Held[]): number {
    const moments = [0, ...held.map(({ endsAt }) => endsAt)].sort((a, b) => a - b);
    return moments.find(
      (at) =>
        CAPACITY - held.filter(({ endsAt }) => endsAt > at).reduce((sum, each) => sum + each.cores, 0) >=
        cores,
    )!;
  }

  test('never gives out more cores than there are, and answers for every request', () => {
    fc.assert(
      fc.property(queueOf, heldOf, (queue, held) => {
        const requests = named(queue);
        const placements = plan(requests, held, CAPACITY, 0);
        expect(placements.map(({ clusterId }) => clusterId).sort()).toEqual(
          requests.map(({ clusterId }) => clusterId).sort(),
        );
        const taken = placements
          .filter(({ decision }) => decision === 'start')
          .reduce((sum, { clusterId }) => sum + coresOf(requests[Number(clusterId)]!, CAPACITY), 0);
        expect(taken + held.reduce((sum, { cores }) => sum + cores, 0)).toBeLessThanOrEqual(CAPACITY);
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
        const hold = (each: (typeof placements)[number]): Held[] => {
          const { walltimeSeconds, ...rest } = requests[Number(each.clusterId)]!;
          const cores = coresOf({ ...rest, walltimeSeconds }, CAPACITY);
          return each.decision === 'start' ? [{ cores, endsAt: walltimeSeconds * 1000 }] : [];
        };
        const cores = coresOf(requests[Number(placements[first]!.clusterId)]!, CAPACITY);
        const inTurn = [...held, ...placements.slice(0, first).flatMap(hold)];
        const all = [...held, ...placements.flatMap(hold)];
        expect(freeAt(cores, all)).toBeLessThanOrEqual(freeAt(cores, inTurn));
      }),
      { numRuns: often(500) },
    );
  });
});
