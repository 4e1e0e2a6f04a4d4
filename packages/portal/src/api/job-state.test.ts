import { expect, test } from 'vitest';
import { stateOf, stateOfRun } from './job-state.ts';

test('a job that failed is never called completed', () => {
  expect(stateOf({ status: 'Completed', outcome: 'failed' })).toBe('failed');
  expect(stateOf({ status: 'Completed', outcome: 'stopped' })).toBe('stopped');
  expect(stateOf({ status: 'Completed', outcome: 'walltime_exceeded' })).toBe('out-of-time');
  expect(stateOf({ status: 'Completed', outcome: 'failed', failureCode: 'agent_lost' })).toBe('lost');
  expect(stateOf({ status: 'Completed', outcome: 'success' })).toBe('succeeded');
});

test('a job that was not submitted is saved, whatever form the API gives that', () => {
  expect(stateOf({ status: null, outcome: null })).toBe('saved');
  expect(stateOf({ status: '', outcome: null })).toBe('saved');
});

test('a run waits, executes and ends', () => {
  const run = { dateStarted: null, dateCompleted: null, outcome: null };
  expect(stateOfRun(run)).toBe('waiting');
  expect(stateOfRun({ ...run, dateStarted: '2026-01-01T00:00:00Z' })).toBe('running');
  // A run that was stopped before it began has an end and no beginning.
  expect(stateOfRun({ ...run, dateCompleted: '2026-01-01T00:00:00Z', outcome: 'stopped' })).toBe('stopped');
});
