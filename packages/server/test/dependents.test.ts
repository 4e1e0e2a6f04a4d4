import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeDependencies } from '../src/db/queries/job-dependencies.ts';
import { Dependents } from '../src/jobs/life/dependents.ts';
import type { JobEvent } from '../src/jobs/life/state.ts';
import { type Applied, applyEvent, readState } from '../src/jobs/life/store.ts';
import { openWorld, submitJob, type World } from './job-rows-harness.ts';
import { until } from './platform-harness.ts';

const PLAIN = { isOptimization: false, runs: 1, retryPolicy: null };
const STOP: JobEvent = { type: 'stop_requested', kind: 'graceful', undelivered: 0, ending: null };

/** A job that waits for others, as a submit leaves it. */
async function hold(
  world: World,
  id: string,
  after: Array<{ jobId: string; on: 'success' | 'failure' | 'any' }>,
): Promise<void> {
  await submitJob(world, id, PLAIN);
  await world.database.write(async (queries) => {
    await writeDependencies(queries, id, after);
    await queries.updateTable('job_dependencies').set({ verdict: 'open' }).where('job_id', '=', id).execute();
    const { state } = await queries
      .selectFrom('jobs')
      .where('id', '=', id)
      .select('state')
      .executeTakeFirstOrThrow();
    const held = JSON.stringify({ ...readState(state), phase: 'held' });
    await queries
      .updateTable('jobs')
      .set({ state: held, status: 'Waiting for Queue' })
      .where('id', '=', id)
      .execute();
  });
}

async function phasesOf({ database }: World): Promise<Map<string, string>> {
  const jobs = await database.read.selectFrom('jobs').select(['id', 'state']).execute();
  return new Map(jobs.map(({ id, state }) => [id, readState(state).phase]));
}

/** Looks after waiting jobs as a server does that has just started; `fails` times at first in vain. */
function lookAfter(world: World, fails = 0) {
  let left = fails;
  const applied: Applied[] = [];
  const dependents = new Dependents({
    database: world.database,
    clock: world.clock,
    looking: {
      async run(work) {
        if (left > 0) {
          left -= 1;
          return false;
        }
        await work();
        return true;
      },
      note: () => {},
    },
    perform: (some) => {
      applied.push(...some);
      for (const { jobId, effects } of some) {
        if (effects.includes('look_at_dependents')) {
          dependents.look(jobId);
        }
      }
    },
  });
  return { dependents, applied };
}

test('what a crash left undone is done by the first look after it, however many wait', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'quarry-dependents-'));
  const world = await openWorld(join(directory.path, 'quarry.db'));
  await using _database = world.database;
  await submitJob(world, 'first', PLAIN);
  await submitJob(world, 'other', PLAIN);
  const ids = Array.from({ length: 120 }, (_, index) => `job${index}`);
  for (const id of ids) {
    await hold(world, id, [{ jobId: 'first', on: 'any' }]);
  }
  await hold(world, 'both', [
    { jobId: 'first', on: 'failure' },
    { jobId: 'other', on: 'any' },
  ]);
  await hold(world, 'never', [{ jobId: 'first', on: 'success' }]);
  await hold(world, 'then', [{ jobId: 'never', on: 'failure' }]);
  // The end is durable, and its effects are lost.
  await world.database.write((queries) => applyEvent(queries, world.clock, 'first', STOP));

  const { dependents, applied } = lookAfter(world, 1);
  await using _dependents = dependents;
  dependents.lookAtAll();
  await until(async () => (await phasesOf(world)).get('then') === 'queued', 'the last of them');
  const phases = await phasesOf(world);
  expect(new Set(ids.map((id) => phases.get(id)))).toEqual(new Set(['queued']));
  expect([phases.get('both'), phases.get('never')]).toEqual(['held', 'completed']);
  const { waiting } = await world.database.read
    .selectFrom('jobs')
    .where('id', '=', 'both')
    .select('waiting')
    .executeTakeFirstOrThrow();
  expect(JSON.parse(waiting!).message).toContain('job other');

  // Repeated, it changes nothing.
  const before = applied.length;
  dependents.lookAtAll();
  dependents.look('first');
  dependents.look('nobody waits');
  await dependents[Symbol.asyncDispose]();
  expect(applied).toHaveLength(before);
});
