import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ClusterFacts, measureOf } from './measure.ts';

const IDLE: ClusterFacts = {
  phase: 'started',
  life: 'alive',
  isStarting: false,
  hasBegun: true,
  heldForMs: 0,
  walltimeSeconds: 3600,
  jobs: 0,
  shares: 0,
  silentForMs: 0,
  endingForMs: 0,
  idleForMs: 0,
  idleSeconds: 60,
};

test.each<[Partial<ClusterFacts>, string]>([
  [{}, 'none'],
  [{ idleForMs: 60_001 }, 'end_idle'],
  [{ idleForMs: 60_001, jobs: 1 }, 'none'],
  [{ heldForMs: 3_600_001, jobs: 1 }, 'end_walltime'],
  [{ life: 'gone', heldForMs: 3_600_001 }, 'end_lost'],
  [{ phase: 'launched', hasBegun: false }, 'none'],
  [{ phase: 'launched' }, 'note_start'],
  [{ phase: 'launched', life: 'gone', hasBegun: false, isStarting: true }, 'none'],
  [{ phase: 'launched', life: 'gone', hasBegun: false }, 'end_lost'],
  [{ phase: 'ending', shares: 1 }, 'none'],
  [{ phase: 'ending' }, 'dismiss'],
  [{ phase: 'ending', shares: 1, endingForMs: 1e6 }, 'none'],
  [{ phase: 'ending', shares: 1, silentForMs: 1e6 }, 'none'],
  [{ phase: 'ending', shares: 1, endingForMs: 1e6, silentForMs: 1e6 }, 'kill'],
  [{ phase: 'ending', life: 'gone', shares: 1 }, 'note_end'],
  [{ phase: 'queued', life: 'gone' }, 'none'],
])('%j: %s', (change, measure) => {
  expect(measureOf({ ...IDLE, ...change })).toBe(measure);
});

test('a cluster with a job is ended by its walltime or its death alone, whatever else is so', () => {
  fc.assert(
    fc.property(
      fc.record({ heldForMs: fc.nat(), idleForMs: fc.nat(), shares: fc.nat(3), idleSeconds: fc.nat(90) }),
      (change) => {
        const measure = measureOf({ ...IDLE, ...change, jobs: 1 });
        expect(measure).toBe(change.heldForMs > 3_600_000 ? 'end_walltime' : 'none');
      },
    ),
  );
});
