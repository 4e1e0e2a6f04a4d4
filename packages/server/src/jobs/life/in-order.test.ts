import type { AgentEvent } from '@quarry/contract';
import { expect, test } from 'vitest';
import { nextInOrder } from './in-order.ts';

const events = (...numbers: number[]) =>
  numbers.map((seq): AgentEvent => ({ seq, at: '2026-01-05T09:00:00.000000Z', type: 'agent_stopped' }));
const numbersOf = (found: AgentEvent[]) => found.map(({ seq }) => seq);

test.each([
  ['what was applied is not applied again', [1, 2, 3], 2, false, [3]],
  ['what comes twice is applied once', [1, 1, 2, 2], 0, false, [1, 2]],
  ['what comes in another order is applied in its own', [3, 1, 2], 0, false, [1, 2, 3]],
  ['what is behind a gap waits until it comes again', [1, 3], 0, false, [1]],
  ['what is behind a gap that nobody fills counts', [1, 3], 0, true, [1, 3]],
  ['a beginning that is missing is a gap, too', [5], 3, false, []],
])('%s', (_what, sent, applied, mayHaveGaps, expected) => {
  expect(numbersOf(nextInOrder(events(...sent), applied, mayHaveGaps))).toEqual(expected);
});
