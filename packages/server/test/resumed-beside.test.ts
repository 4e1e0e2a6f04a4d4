/** Where a run is resumed when agents work on disks of their own by now: beside its directory, which lies in the data directory. */
import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Failure } from '@quarry/contract';
import { expect, test } from 'vitest';
import { loseAgent } from '../src/jobs/life/lose-agent.ts';
import { type JobState, SAVED } from '../src/jobs/life/state.ts';
import { rerunRuns } from '../src/jobs/verbs/rerun.ts';
import { NOW, OWNER, openWorld, SITE, submitJob } from './job-rows-harness.ts';

const LOST: Failure = { code: 'agent_lost', message: 'The agent died.', hint: 'Resume the run.' };
const EXPIRY = '2036-02-01T00:00:00.000000Z';

/** A job whose two runs were cut off on the server's disk; of the first the directory is kept. */
async function openCutOff(base: string, state: Partial<JobState>) {
  const clustersDirectory = join(base, 'clusters');
  const world = await openWorld(join(base, 'quarry.db'), { ...SITE, clustersDirectory });
  const { database } = world;
  await submitJob(world, 'job', {
    ...{ isOptimization: false, runs: 2 },
    retryPolicy: { maxRetries: 3, exitCodes: null, maxFailedRuns: null, agentLost: 'resume' },
  });
  const { id, directory } = await database.read.selectFrom('clusters').selectAll().executeTakeFirstOrThrow();
  for (const number of [1, 2]) {
    await mkdir(join(directory, 'runs', String(number), 'home'), { recursive: true });
  }
  await database.write((queries) =>
    queries
      .updateTable('jobs')
      .set({ state: JSON.stringify({ ...SAVED, runs: 2, ...state }) })
      .execute(),
  );
  // Since then the site has had its agents elsewhere.
  const site = { ...world.domain.site, clustersDirectory, agentDirectory: join(base, 'elsewhere') };
  const newest = () =>
    database.read
      .selectFrom('jobs')
      .innerJoin('clusters', 'clusters.id', 'jobs.cluster_id')
      .select(['clusters.id', 'clusters.directory', 'clusters.shares_files'])
      .executeTakeFirstOrThrow();
  return { world, database, site, first: { id, directory }, newest, clustersDirectory };
}

/** Ends both runs; that with the number one can go on. */
async function endRuns({ database, first }: Awaited<ReturnType<typeof openCutOff>>) {
  await database.write(async (queries) => {
    await queries
      .updateTable('runs')
      .set({ outcome: 'failed', failure: JSON.stringify(LOST), date_started: NOW, date_completed: NOW })
      .execute();
    await queries
      .updateTable('runs')
      .set({ is_unfinished: 1, directory: join(first.directory, 'runs/1'), directory_expires_at: EXPIRY })
      .where('number', '=', 1)
      .execute();
    await queries.updateTable('clusters').set({ is_ended: 1 }).execute();
  });
}

const ENDED: Partial<JobState> = { phase: 'completed', cluster: 'stopped', outcome: 'failed', failure: LOST };

test('a job that has ended gets a cluster in the data directory when one of its runs is to go on', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-beside-'));
  const opened = await openCutOff(base.path, ENDED);
  const { world, database, site, newest, clustersDirectory } = opened;
  await using _ = database;
  await endRuns(opened);
  const { numbers } = await database.write((queries) =>
    rerunRuns({ ...world.domain, site, queries }, OWNER, { jobId: 'job', runs: ['1'], resume: true }),
  );
  expect(numbers).toEqual([1]);
  const { id, directory, shares_files } = await newest();
  expect([shares_files, directory]).toEqual([1, join(clustersDirectory, id)]);
});

test('executed from its beginning it goes where agents are now', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-beside-'));
  const opened = await openCutOff(base.path, ENDED);
  const { world, database, site, newest } = opened;
  await using _ = database;
  await endRuns(opened);
  await database.write((queries) =>
    rerunRuns({ ...world.domain, site, queries }, OWNER, { jobId: 'job', runs: ['1'], resume: false }),
  );
  const { id, directory, shares_files } = await newest();
  expect([shares_files, directory]).toEqual([0, join(site.agentDirectory, id)]);
});

test('a run that its policy lets go on is not given to an agent that does not see its directory', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-beside-'));
  const state = { phase: 'executing', cluster: 'started', runsLeft: 2 } as const;
  const { world, database, site, first, newest } = await openCutOff(base.path, state);
  await using _ = database;
  await database.write((queries) =>
    queries.updateTable('runs').set({ batch: 1, date_started: NOW }).execute(),
  );
  const lost = { jobId: 'job', clusterId: first.id, directory: first.directory, sharesFiles: 1 };
  await database.write((queries) => loseAgent(queries, world.clock, site, lost, LOST));
  const { id, shares_files } = await newest();
  expect(id).not.toBe(first.id);
  expect(shares_files).toBe(1);
});

test('a job that is executed elsewhere refuses to resume until it has ended', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-beside-'));
  const opened = await openCutOff(base.path, { phase: 'executing', cluster: 'started', runsLeft: 1 });
  const { world, database, site } = opened;
  await using _ = database;
  await endRuns(opened);
  await database.write((queries) =>
    queries.updateTable('clusters').set({ is_ended: 0, shares_files: 0 }).execute(),
  );
  await expect(
    database.write((queries) =>
      rerunRuns({ ...world.domain, site, queries }, OWNER, { jobId: 'job', runs: ['1'], resume: true }),
    ),
  ).rejects.toMatchObject({ kind: 'conflict', code: 'cluster_elsewhere' });
});
