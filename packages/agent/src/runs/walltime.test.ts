import type { AgentEvent } from '@quarry/contract';
import { expect, test } from 'vitest';
import { usedBefore } from './walltime.ts';

const at = '2026-01-05T09:00:00.000Z';
const agent = (monotonicMs: number | undefined, bootId?: string): AgentEvent => ({
  ...{ seq: 1, at, type: 'agent_started', pid: 1, hostname: 'h', sandbox: 'none' },
  ...{ monotonicMs, bootId },
});
const run = (monotonicMs: number | undefined): AgentEvent => ({
  ...{ seq: 2, at, type: 'run_started', runId: '1', workDirectory: '/w', monotonicMs },
});

test.each<[string, AgentEvent[], number | null]>([
  ['no agent', [], null],
  ['an agent that began no run', [agent(100, 'now')], null],
  ['an agent of this boot', [agent(100, 'now'), run(1000), run(5000)], 9000],
  ['two agents of this boot', [agent(100, 'now'), run(1000), agent(7000, 'now'), run(8000)], 9000],
  ['an agent of another boot', [agent(100, 'then'), run(1000), run(5000)], 4000],
  ['agents of two boots', [agent(100, 'then'), run(1000), run(5000), agent(50, 'now'), run(9500)], 4000],
  ['an agent of a host that tells no boot', [agent(100), run(1000), run(5000)], 4000],
  ['an agent of before, which wrote the wall clock alone', [agent(undefined), run(undefined)], 0],
])('of the walltime, %s has used what the monotonic clock says', (_who, events, used) => {
  expect(usedBefore(events, 'now', 10_000)).toBe(used);
});
