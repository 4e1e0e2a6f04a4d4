/** Runs of a job that has just ended wait for the end of its cluster, and for nothing longer. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createJobChanges } from '../src/jobs/life/job-changes.ts';
import { applyEvent } from '../src/jobs/life/store.ts';
import { clusterEnded } from '../src/jobs/verbs/rerun.ts';
import { OWNER, openWorld, submitJob, type World } from './job-rows-harness.ts';

/** A job that was stopped while its agent executed it, and whose agent has yet to leave. */
async function endingJob(world: World): Promise<void> {
  await submitJob(world, 'job', { isOptimization: false, runs: 1, retryPolicy: null });
  await world.database.write(async (queries) => {
    for (const type of ['queued', 'launched', 'agent_started', 'run_started'] as const) {
      await applyEvent(queries, world.clock, 'job', { type });
    }
    const end = { outcome: 'success' as const, failure: null, planned: 0 };
    await applyEvent(queries, world.clock, 'job', { type: 'run_finished', ...end });
  });
}

test('they go on as soon as the agent has left, and are refused when the server stops before', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-rerun-'));
  const world = await openWorld(join(base.path, 'quarry.db'));
  await using database = world.database;
  await endingJob(world);
  const jobChanges = createJobChanges();
  const domain = { queries: database.read, jobChanges };
  const closing = createJobChanges();
  const refused = expect(
    clusterEnded({ queries: database.read, jobChanges: closing }, OWNER, 'job'),
  ).rejects.toMatchObject({ kind: 'conflict', code: 'cluster_stopping' });
  closing.close();
  await refused;

  let isOver = false;
  const waiting = clusterEnded(domain, OWNER, 'job').then(() => {
    isOver = true;
  });
  // Something else of the job changes.
  jobChanges.tell('job', 'progress');
  await database.read.selectFrom('jobs').selectAll().execute();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOver).toBe(false);
  await database.write((queries) => applyEvent(queries, world.clock, 'job', { type: 'agent_stopped' }));
  jobChanges.tell('job', 'progress');
  await waiting;
  expect(isOver).toBe(true);
});
