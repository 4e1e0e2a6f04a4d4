/** Which runs an agent is given when its cluster has just lost the job to another one. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { findCluster } from '../src/db/queries/find-cluster.ts';
import { createDefinitions } from '../src/jobs/definition/definitions.ts';
import { insertCluster } from '../src/jobs/life/new-cluster.ts';
import { SAVED } from '../src/jobs/life/state.ts';
import { Assigner } from '../src/jobs/runs/assignment.ts';
import { startSweepsApi } from './sweeps-harness.ts';

test('a cluster that was replaced while its agent asked is given no runs, and its successor gets all', async () => {
  await using sweeps = await startSweepsApi();
  const { database, storage } = sweeps.files;
  const assigner = new Assigner({
    database,
    definitions: createDefinitions(database.read),
    platform: () => ({
      storage,
      secret: randomBytes(32),
      url: '',
      name: 'test',
      get catalog() {
        return expect.unreachable('The job has no analysis to look up.');
      },
    }),
  });
  const jobId = await sweeps.addSweep({
    variables: [{ name: 'x' }],
    runs: [1, 2, 3].map((x) => ({ inputs: [x], change: { batch: null, date_started: null } })),
    definition: { jobanalyses: [], isTemplateDryRun: false },
  });
  const current = async () => {
    const { cluster_id } = await database.read
      .selectFrom('jobs')
      .where('id', '=', jobId)
      .select('cluster_id')
      .executeTakeFirstOrThrow();
    return (await findCluster(database.read, cluster_id!))!;
  };
  const ask = async (cluster: Awaited<ReturnType<typeof current>>) => {
    const state = { ...SAVED, phase: 'executing' as const };
    const { batch, runs } = await assigner.runsFor(cluster, state, { lastBatch: 0, wantRuns: 10 });
    return { batch, runs: runs.map(({ runId }) => runId) };
  };

  const replaced = await current();
  const site = {
    clustersDirectory: sweeps.files.directory,
    agentDirectory: null,
    schedulerName: 'local',
    lostRunDays: 7,
  };
  await database.write((queries) => insertCluster(queries, systemClock(), site, jobId));
  expect(await ask(replaced)).toEqual({ batch: 0, runs: [] });
  expect(await ask(await current())).toEqual({ batch: 1, runs: ['1', '2', '3'] });
});
