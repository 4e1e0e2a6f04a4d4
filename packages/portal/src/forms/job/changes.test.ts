import { expect, test } from 'vitest';
import { changesOf } from './changes.ts';

test('only what differs is said, and what was taken away is emptied', () => {
  const before = {
    name: 'a',
    tags: ['x'],
    includeNominalRun: true,
    optimizer: { method: 'direct' },
    description: 'd',
    monteCarloIterations: 4,
    jobanalyses: [{ command: 'run' }],
  };
  const after = { name: 'b', jobanalyses: [{ command: 'run' }], isLowPriority: true };
  expect(changesOf(before, after)).toEqual({
    name: 'b',
    isLowPriority: true,
    tags: [],
    includeNominalRun: false,
    optimizer: null,
    description: null,
    monteCarloIterations: null,
  });
  expect(changesOf(before, before)).toEqual({});
});
