import { expect, test } from 'vitest';
import { agentEvent } from '../src/agent.ts';

test('the end of a run is understood as agents told it before they told all of it', () => {
  const output = { relativePath: 'x', path: '/x', sizeBytes: 1, sha512: 'a', executable: false };
  const event = {
    ...{ seq: 3, at: '2026-10-01T12:00:00.000Z', type: 'run_finished', runId: '1' },
    ...{ outcome: 'success', exitCode: 0, failure: null, outputs: [output], skipped: [] },
  };
  expect(agentEvent.parse(event)).toEqual({
    ...event,
    outputs: [{ ...output, modifiedAt: null, stamp: null }],
    ...{ variables: [], usage: null, skippedCount: null, unfinished: false, directoryBytes: null },
    holdsOutputs: false,
  });
});
