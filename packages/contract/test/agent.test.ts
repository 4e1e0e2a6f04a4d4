import { expect, test } from 'vitest';
import { agentEvent } from '../src/agent.ts';

test('the end of a run is understood as agents told it before they told variables and usage', () => {
  const event = {
    ...{ seq: 3, at: '2026-10-01T12:00:00.000Z', type: 'run_finished', runId: '1' },
    ...{ outcome: 'success', exitCode: 0, failure: null, outputs: [], skipped: [] },
  };
  expect(agentEvent.parse(event)).toEqual({
    ...{ ...event, variables: [], usage: null, unfinished: false, directoryBytes: null },
  });
});
