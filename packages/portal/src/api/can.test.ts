import { expect, test } from 'vitest';
import { canCluster, canJob, canUser, type JobAction } from './can.ts';
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

test('administrators keep their own rights, and who is locked out gets no link', () => {
  const actions = ['lock', 'unlock', 'role', 'link'] as const;
  const may = (user: { isSelf: boolean; isActive: boolean }) =>
    actions.filter((action) => canUser(action, user) === null);
  expect(may({ isSelf: false, isActive: true })).toEqual(actions);
  expect(may({ isSelf: true, isActive: true })).toEqual(['unlock', 'link']);
  expect(may({ isSelf: false, isActive: false })).toEqual(['lock', 'unlock', 'role']);
});

test('clusters of jobs are not started or shut down by themselves, persistent ones each in their time', () => {
  const may = (status: string, isPersistent = true) =>
    (['start', 'shut-down'] as const).filter(
      (action) => canCluster(action, { isPersistent, status }) === null,
    );
  expect(may('Started', false)).toEqual([]);
  expect(may('Not Started')).toEqual(['start', 'shut-down']);
  expect(may('Started')).toEqual(['shut-down']);
  expect(may('Stopped')).toEqual([]);
});
