/** Directories of clusters with outputs that could be kept nowhere else: they stay until the job is deleted, however it ended. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentEvent, Failure } from '@quarry/contract';
import { expect, test } from 'vitest';
import { findCluster } from '../src/db/queries/find-cluster.ts';
import { noteEnded } from '../src/db/queries/write-clusters.ts';
import { createClusterDirectories } from '../src/jobs/life/cluster-directories.ts';
import { applyEvent } from '../src/jobs/life/store.ts';
import { recordEvents } from '../src/jobs/runs/record-events.ts';
import { createLogger } from '../src/logger.ts';
import { NOW, openWorld, SITE, submitJob } from './job-rows-harness.ts';

const FAILED: Failure = { code: 'command_failed', message: 'It ended with exit code 3.', hint: '' };
const endless = new AbortController().signal;

/** A job of one run that has failed by itself, as its agent and the store tell; its cluster has ended. */
async function endedJob(base: string, { holdsOutputs = false, lost = false }) {
  const site = { ...SITE, clustersDirectory: join(base, 'clusters') };
  const world = await openWorld(join(base, 'quarry.db'), site);
  const { database, clock } = world;
  await submitJob(world, 'job', { isOptimization: false, runs: 1, retryPolicy: null });
  const { id, directory } = await database.read.selectFrom('clusters').selectAll().executeTakeFirstOrThrow();
  await mkdir(join(directory, 'runs/1'), { recursive: true });
  await writeFile(join(directory, 'runs/1/result'), 'a result');
  const told: object[] = [
    { type: 'agent_started', pid: 1, hostname: 'h', sandbox: 'none' },
    { type: 'run_started', runId: '1', workDirectory: '/nowhere' },
    {
      ...{ type: 'run_finished', runId: '1', outcome: 'failed', failure: FAILED, exitCode: 3, outputs: [] },
      ...{ skipped: [], skippedCount: 0, variables: [], usage: null, unfinished: false },
      ...{ directoryBytes: null, holdsOutputs },
    },
    { type: 'agent_stopped' },
  ];
  const events = told.map((event, index) => ({ seq: index + 1, at: NOW, ...event }) as AgentEvent);
  const reasons = lost ? [{ relativePath: 'result', reason: 'There was no space left to store it.' }] : [];
  const kept = new Map(events.map(({ seq }) => [seq, { outputs: [], lost: reasons }]));
  await database.write(async (queries) => {
    await applyEvent(queries, clock, 'job', { type: 'queued' });
    await applyEvent(queries, clock, 'job', { type: 'launched' });
    await queries.updateTable('runs').set({ batch: 1 }).execute();
    const { definition } = await queries.selectFrom('jobs').select('definition').executeTakeFirstOrThrow();
    const cluster = (await findCluster(queries, id))!;
    await recordEvents(queries, clock, cluster, JSON.parse(definition), events, kept, site);
    await noteEnded(queries, id, clock.now());
  });
  const logger = createLogger('silent');
  const directories = createClusterDirectories({ directory: site.clustersDirectory, database, logger });
  return { database, directory, tidy: () => directories.tidy('ended', endless) };
}

test.each([
  ['that its agent could not deliver', { holdsOutputs: true }],
  ['for which the store had no room', { lost: true }],
])('a run that failed by itself keeps what it made and %s, until its job is deleted', async (_what, how) => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-held-'));
  const { database, directory, tidy } = await endedJob(base.path, how);
  await using _ = database;
  const { state } = await database.read.selectFrom('jobs').select('state').executeTakeFirstOrThrow();
  expect(JSON.parse(state)).toMatchObject({ phase: 'completed', failure: { code: 'command_failed' } });
  expect(await tidy()).toMatchObject({ removed: 0 });
  expect(existsSync(join(directory, 'runs/1/result'))).toBe(true);
  await database.write((queries) => queries.updateTable('jobs').set({ deleted_at: NOW }).execute());
  expect(await tidy()).toMatchObject({ removed: 1 });
  expect(existsSync(directory)).toBe(false);
});

test('a run that failed and has lost nothing leaves no directory', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-held-'));
  const { database, directory, tidy } = await endedJob(base.path, {});
  await using _ = database;
  expect(await tidy()).toMatchObject({ removed: 1 });
  expect(existsSync(directory)).toBe(false);
});
