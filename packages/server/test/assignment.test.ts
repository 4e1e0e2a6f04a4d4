/** Which runs an agent is given when its cluster has just lost the job to another one. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { findCluster } from '../src/db/queries/find-cluster.ts';
import { writeRestored } from '../src/db/queries/restored.ts';
import { createDefinitions } from '../src/jobs/definition/definitions.ts';
import { insertCluster } from '../src/jobs/life/new-cluster.ts';
import { SAVED } from '../src/jobs/life/state.ts';
import { Assigner } from '../src/jobs/runs/assignment.ts';
import { LIMITS } from '../src/limits.ts';
import { upload } from './files-harness.ts';
import { type SweepsHarness, startSweepsApi } from './sweeps-harness.ts';

function assignerOf({ files: { database, storage } }: SweepsHarness): Assigner {
  return new Assigner({
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
}

test('a cluster that was replaced while its agent asked is given no runs, and its successor gets all', async () => {
  await using sweeps = await startSweepsApi();
  const { database } = sweeps.files;
  const assigner = assignerOf(sweeps);
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

test('an agent is given so many restarted runs at once that what they begin with fits, and each once', async () => {
  await using sweeps = await startSweepsApi();
  const { database } = sweeps.files;
  const jobId = await sweeps.addSweep({
    variables: [{ name: 'x' }],
    runs: [1, 2, 3, 4].map((x) => ({ inputs: [x], change: { batch: null, date_started: null } })),
    definition: {
      jobanalyses: [],
      isTemplateDryRun: false,
      restart: {
        from: { jobId: 'xxxxxx', runId: null, from: 'outputs', snapshotId: null },
        oldInputs: [],
        runs: '1-4',
      },
    },
  });
  const { id } = await upload(sweeps.files, 'left by another run');
  const counts = [LIMITS.restoredFilesPerBatch + 1, LIMITS.restoredFilesPerBatch - 1, 1, 1];
  const files = counts.flatMap((count, index) =>
    Array.from({ length: count }, () => ({ id, isArchive: false, runNumber: index + 1 })),
  );
  await database.write((queries) => writeRestored(queries, jobId, { files, runs: [] }));
  const assigner = assignerOf(sweeps);
  const { cluster_id } = await database.read
    .selectFrom('jobs')
    .select('cluster_id')
    .executeTakeFirstOrThrow();
  const given: Array<Array<[run: string, files: number | undefined]>> = [];
  for (let lastBatch = 0; lastBatch < 3; lastBatch += 1) {
    const cluster = (await findCluster(database.read, cluster_id!))!;
    const state = { ...SAVED, phase: 'executing' as const };
    const { runs, plan } = await assigner.runsFor(cluster, state, { lastBatch, wantRuns: 10 });
    expect(plan).not.toHaveProperty('restored');
    given.push(runs.map(({ runId, restored }) => [runId, restored?.length]));
  }
  expect(given).toEqual([
    [['1', counts[0]]],
    [
      ['2', counts[1]],
      ['3', 1],
    ],
    [['4', 1]],
  ]);
});
