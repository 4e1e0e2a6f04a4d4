import { expect, test } from 'vitest';
import { canJob, type JobAction } from './can.ts';
import type { JobState } from './job-state.ts';

const STATES: JobState[] = [
  'saved',
  'waiting',
  'starting',
  'running',
  'stopping',
  'succeeded',
  'failed',
  'stopped',
  'out-of-time',
  'lost',
];
const ACTIONS: JobAction[] = ['submit', 'edit', 'stop', 'clone', 'rerun', 'delete', 'snapshot', 'rerun-runs'];

test('each action has its states', () => {
  const table = ACTIONS.map((action) => {
    const states = STATES.filter((state) => canJob(action, state) === null);
    return `${action}: ${states.join(' ')}`;
  });
  expect(table).toMatchInlineSnapshot(`
    [
      "submit: saved",
      "edit: saved",
      "stop: waiting starting running stopping",
      "clone: saved waiting starting running stopping succeeded failed stopped out-of-time lost",
      "rerun: failed stopped out-of-time lost",
      "delete: saved succeeded failed stopped out-of-time lost",
      "snapshot: running",
      "rerun-runs: running succeeded failed stopped out-of-time lost",
    ]
  `);
});

test('what may not be done says why, in words that name the state', () => {
  for (const action of ACTIONS) {
    for (const state of STATES) {
      const refusal = canJob(action, state);
      expect(refusal === null || /^[A-Z].{15,}\.$/.test(refusal), `${action} ${state}: ${refusal}`).toBe(
        true,
      );
    }
  }
  expect(canJob('delete', 'running')).toContain('running');
});
