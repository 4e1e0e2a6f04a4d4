/** What the events of one exchange come to when several of them speak of the same runs. */
import type { AgentEvent, RunOutcome } from '@quarry/contract';
import { expect, test } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { findCluster } from '../src/db/queries/find-cluster.ts';
import { createDefinitions } from '../src/jobs/definition/definitions.ts';
import { type JobState, SAVED } from '../src/jobs/life/state.ts';
import { recordEvents } from '../src/jobs/runs/record-events.ts';
import { startSweepsApi } from './sweeps-harness.ts';

const AT = '2026-01-05T10:00:00.000Z';

const started = (seq: number, runId: string): AgentEvent => ({
  ...{ seq, at: AT, type: 'run_started', runId },
  workDirectory: '/nowhere',
});

const finished = (seq: number, runId: string, outcome: RunOutcome): AgentEvent => ({
  ...{ seq, at: AT, type: 'run_finished', runId, outcome, failure: null },
  ...{ exitCode: outcome === 'success' ? 0 : 3, outputs: [], skipped: [], skippedCount: 0, usage: null },
  ...{ unfinished: false, directoryBytes: null, holdsOutputs: false },
  variables: [{ name: 'y', value: 7 }],
});

test('a run that failed and awaits another attempt ends when the next event says that too many have failed', async () => {
  await using sweeps = await startSweepsApi();
  const { database } = sweeps.files;
  const notStarted = { date_started: null, attempt: 1 };
  const jobId = await sweeps.addSweep({
    variables: [{ name: 'x' }],
    runs: [
      { inputs: [1], change: notStarted },
      { inputs: [2], change: { ...notStarted, attempt: 2 } },
      { inputs: [3], change: notStarted },
      { inputs: [4], change: notStarted },
    ],
    definition: { retryPolicy: { maxRetries: 1, exitCodes: null, maxFailedRuns: 1 } },
  });
  const state: JobState = { ...SAVED, phase: 'executing', cluster: 'started', runs: 4, runsLeft: 4 };
  const { cluster_id } = await database.write((queries) =>
    queries
      .updateTable('jobs')
      .set({ state: JSON.stringify(state) })
      .where('id', '=', jobId)
      .returning('cluster_id')
      .executeTakeFirstOrThrow(),
  );
  const cluster = (await findCluster(database.read, cluster_id!))!;
  const definition = await createDefinitions(database.read).of(jobId);
  const events = [
    started(1, '3'),
    started(2, '1'),
    finished(3, '1', 'failed'),
    started(4, '4'),
    finished(5, '4', 'success'),
    started(6, '2.2'),
    finished(7, '2.2', 'failed'),
  ];
  const nothing = { outputs: [], lost: [] };
  const kept = new Map(events.map(({ seq }) => [seq, nothing]));
  const { applied } = await database.write((queries) =>
    recordEvents(queries, systemClock(), cluster, definition, events, kept, { lostRunDays: 7 }),
  );
  expect(applied.state).toMatchObject({ runsLeft: 1, runsFailed: 2, stop: 'graceful' });
  const runs = await database.read
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .orderBy('number')
    .select(['attempt', 'outcome', 'exit_code', 'date_started', 'results'])
    .execute();
  const at = '2026-01-05T10:00:00.000000Z';
  expect(runs).toEqual([
    { attempt: 2, outcome: 'stopped', exit_code: null, date_started: null, results: '[]' },
    { attempt: 2, outcome: 'failed', exit_code: 3, date_started: at, results: '[["y",7]]' },
    { attempt: 1, outcome: null, exit_code: null, date_started: at, results: '[]' },
    { attempt: 1, outcome: 'success', exit_code: 0, date_started: at, results: '[["y",7]]' },
  ]);
});
