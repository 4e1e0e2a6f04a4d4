/** Whatever happens to a job and its runs, in whatever order: its state and its rows tell the same. */
import { mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentEvent, RunOutcome } from '@quarry/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { often } from '../../contract/testing/often.ts';
import { findCluster } from '../src/db/queries/find-cluster.ts';
import { loseAgent } from '../src/jobs/life/lose-agent.ts';
import { applyEvent, readState } from '../src/jobs/life/store.ts';
import { toRunId } from '../src/jobs/runs/attempts.ts';
import { recordEvents } from '../src/jobs/runs/record-events.ts';
import { rerunRuns } from '../src/jobs/verbs/rerun.ts';
import { stopJob } from '../src/jobs/verbs/stop.ts';
import { stopRun } from '../src/jobs/verbs/stop-run.ts';
import { Problem } from '../src/problems.ts';
import { NOW, OWNER, openWorld, SITE, submitJob, type World } from './job-rows-harness.ts';

const LOST = { code: 'agent_lost', message: 'The agent died.', hint: 'Run it again.' };
const TOLD = { code: 'cluster_stopped', message: 'It was told to end.', hint: 'Resume it.' };
const FAILED = { code: 'command_failed', message: 'It broke.', hint: 'Mend it.' };
const LIMIT_MS = often(60_000);

const arbitraryDefinition = fc.record({
  isOptimization: fc.boolean(),
  runs: fc.integer({ min: 1, max: 6 }),
  retryPolicy: fc.option(
    fc.record({
      maxRetries: fc.integer({ min: 0, max: 2 }),
      exitCodes: fc.constantFrom(null, [1]),
      maxFailedRuns: fc.constantFrom(null, 1, 2),
      agentLost: fc.constantFrom(null, 'fail' as const, 'retry' as const, 'resume' as const),
    }),
  ),
});

/** What may happen next; `pick` chooses among runs, and a step that makes no sense now is passed over. */
const arbitraryStep = fc.record({
  kind: fc.constantFrom(
    ...['onwards', 'onwards', 'onwards', 'give', 'give', 'end', 'end', 'end', 'start', 'start'],
    ...['lose', 'cut off', 'cut off', 'stop', 'stop run', 'rerun failed', 'rerun', 'resume', 'resume'],
    'refused',
  ),
  pick: fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 3 }),
  outcome: fc.constantFrom<RunOutcome>(
    'success',
    'success',
    'success',
    'failed',
    'failed',
    'walltime_exceeded',
  ),
  exitCode: fc.constantFrom(1, 2),
});
/** As far as to execute a run. */
const EXECUTING = ['onwards', 'onwards', 'onwards', 'give', 'start'].map(
  (kind): Step => ({ kind, pick: [0, 1], outcome: 'success', exitCode: 1 }),
);
type Generated<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never;
type Step = Generated<typeof arbitraryStep>;

async function look({ database }: World, id: string) {
  const job = await database.read
    .selectFrom('jobs')
    .where('id', '=', id)
    .selectAll()
    .executeTakeFirstOrThrow();
  const all = await database.read
    .selectFrom('runs')
    .where('job_id', '=', id)
    .orderBy('number')
    .selectAll()
    .execute();
  return {
    job,
    state: readState(job.state),
    runs: all.filter(({ type }) => type !== 1),
    optimization: all.find(({ type }) => type === 1),
  };
}
type Seen = Awaited<ReturnType<typeof look>>;

async function take(world: World, id: string, { kind, pick, outcome, exitCode }: Step): Promise<void> {
  const { database, clock, domain, site } = world;
  const { job, state, runs } = await look(world, id);
  const choose = <Item>(items: readonly Item[]) => [
    ...new Set(pick.map((index) => items[index % items.length]!)),
  ];
  const delivered = runs.filter((run) => run.outcome === null && run.batch !== null);
  const say = async (events: object[]) => {
    const numbered = events.map((event, index) => ({ seq: index + 1, at: NOW, ...event }) as AgentEvent);
    const kept = new Map(numbered.map(({ seq }) => [seq, { outputs: [], lost: [] }]));
    await database.write(async (queries) => {
      const cluster = (await findCluster(queries, job.cluster_id!))!;
      return recordEvents(queries, clock, cluster, JSON.parse(job.definition), numbered, kept, site);
    });
  };
  const lose = async () => {
    const directory = join(site.clustersDirectory, job.cluster_id!);
    const cluster = { jobId: id, clusterId: job.cluster_id!, directory, sharesFiles: 1 };
    await database.write((queries) => loseAgent(queries, clock, site, cluster, LOST));
  };
  const apply = (event: Parameters<typeof applyEvent>[3]) =>
    database.write((queries) => applyEvent(queries, clock, id, event));
  switch (kind) {
    case 'onwards':
      if (state.phase === 'submitted') {
        await apply({ type: 'queued' });
      } else if (state.phase === 'queued') {
        await apply({ type: 'launched' });
      } else if (state.phase === 'launched') {
        await say([{ type: 'agent_started', pid: 1, hostname: 'h', sandbox: 'none' }]);
      } else if (state.cluster === 'dismissed') {
        await say([{ type: 'agent_stopped' }]);
      }
      return;
    case 'give':
      if (!['ready', 'executing'].includes(state.phase) || state.stop) {
        return;
      }
      await database.write((queries) =>
        queries
          .updateTable('runs')
          .set({ batch: 1 })
          .where('job_id', '=', id)
          .where(
            'number',
            'in',
            runs
              .filter((run) => run.batch === null && run.outcome === null)
              .slice(0, pick.length)
              .map(({ number }) => number),
          )
          .execute(),
      );
      return;
    case 'start':
      if (delivered.length > 0) {
        await say(
          choose(delivered).map((run) => ({
            type: 'run_started',
            runId: toRunId(run.number, run.attempt),
            workDirectory: '/',
          })),
        );
      }
      return;
    case 'end':
      if (delivered.length > 0) {
        await say(
          choose(delivered).flatMap((run) => {
            const runId = toRunId(run.number, run.attempt);
            const isSuccess = outcome === 'success';
            return [
              { type: 'run_started', runId, workDirectory: '/' },
              {
                ...{ type: 'run_finished', runId, outcome, exitCode: isSuccess ? 0 : exitCode },
                ...{ failure: isSuccess ? null : FAILED, outputs: [], skipped: [], usage: null },
                variables: [{ name: 'f', value: pick[0]! / run.number }],
              },
            ];
          }),
        );
      }
      return;
    case 'lose':
      await lose();
      return;
    case 'cut off': {
      // What an agent had begun is collected before it is given up, and its directory is there.
      const begun = delivered.filter((run) => run.date_started !== null);
      for (const { number } of begun) {
        await mkdir(join(site.clustersDirectory, job.cluster_id!, 'runs', String(number), 'home'), {
          recursive: true,
        });
      }
      if (begun.length > 0) {
        await say(
          begun.map((run) => ({
            ...{ type: 'run_finished', runId: toRunId(run.number, run.attempt), exitCode: null },
            ...(exitCode === 1
              ? { outcome: 'failed', failure: LOST }
              : { outcome: 'stopped', failure: TOLD }),
            ...{ outputs: [], skipped: [], usage: null, variables: [], unfinished: true, directoryBytes: 1 },
          })),
        );
      }
      await lose();
      return;
    }
    case 'refused':
      await apply({ type: 'refused', failure: FAILED });
      return;
    case 'stop':
      await database.write((queries) => stopJob({ ...domain, queries }, OWNER, id));
      return;
    case 'stop run':
      await database.write((queries) =>
        stopRun({ ...domain, queries }, OWNER, { jobId: id, runId: String(choose(runs)[0]!.number) }),
      );
      return;
    case 'rerun failed':
    case 'rerun':
    case 'resume': {
      // It would wait for the end of the cluster.
      if (state.cluster === 'dismissed') {
        return;
      }
      const named = kind === 'rerun' ? choose(runs).map(({ number }) => String(number)) : undefined;
      const wanted = { jobId: id, runs: named, resume: kind === 'resume' };
      await database
        .write((queries) => rerunRuns({ ...domain, queries }, OWNER, wanted))
        .catch((error) => expect(error).toBeInstanceOf(Problem));
      return;
    }
  }
}

async function expectAgreement(world: World, id: string, before: Seen): Promise<Seen> {
  const seen = await look(world, id);
  const { job, state, runs, optimization } = seen;
  const ended = runs.filter((run) => run.outcome !== null);
  expect(state).toMatchObject({
    runs: runs.length,
    runsLeft: runs.length - ended.length,
    runsFailed: ended.filter((run) => run.outcome !== 'success').length,
  });
  expect(state.phase === 'completed').toBe(state.runsLeft === 0);
  expect(job.is_completed).toBe(state.phase === 'completed' ? 1 : 0);
  const { read } = world.database;
  const history = await read
    .selectFrom('job_statuses')
    .where('job_id', '=', id)
    .orderBy('status_date')
    .selectAll()
    .execute();
  const count = (status: string) => history.filter((row) => row.status === status).length;
  expect(job.status).toBe(history.at(-1)!.status);
  expect(count('Completed')).toBe(count('Pending') - (state.phase === 'completed' ? 0 : 1));
  if (!['launched', 'ready', 'executing'].includes(state.phase)) {
    expect(runs.filter((run) => run.outcome === null && run.batch !== null)).toEqual([]);
  }
  if (state.phase === 'completed') {
    expect(['stopped', 'dismissed']).toContain(state.cluster);
    expect(state.failure === null).toBe(state.outcome === 'success');
  }
  for (const run of ended) {
    expect(run.failure === null).toBe(run.outcome === 'success');
  }
  for (const run of runs) {
    expect(JSON.parse(run.attempts)).toHaveLength(run.attempt - 1);
    // A directory is kept of a run that was cut off, until it has gone on there to its end.
    if (run.directory !== null) {
      expect(run.outcome === null ? run.is_resumed : run.outcome !== 'success').toBeTruthy();
    }
    if (run.outcome === null && run.is_resumed === 1) {
      expect(run.directory).not.toBeNull();
    }
    expect(run.directory_expires_at === null).toBe(run.directory === null);
    if (run.outcome === 'success') {
      expect(run.is_unfinished).toBe(0);
    }
  }
  if (
    state.phase === 'completed' &&
    !state.stop &&
    [LOST.code, TOLD.code].includes(state.failure?.code ?? '')
  ) {
    expect(history.at(-1)!.status_reason).not.toBe('Stopped by user');
  }
  for (const run of runs) {
    const was = before.runs.find(({ number }) => number === run.number);
    // Whoever stopped a run does not see it begin again.
    if (was?.stop_requested === 1 && was.outcome === null) {
      expect(run.attempt).toBe(was.attempt);
    }
  }
  const limit = JSON.parse(job.definition).retryPolicy?.maxFailedRuns ?? null;
  const failed = ended.filter((run) => run.outcome === 'failed').length;
  const tookTooMany =
    state.failure?.code === 'too_many_failures' && before.state.failure?.code !== 'too_many_failures';
  if (tookTooMany && state.phase === 'completed') {
    expect(failed).toBeGreaterThanOrEqual(limit);
  }
  if (optimization) {
    expect(optimization.outcome === null).toBe(state.phase !== 'completed');
    const { bestRun } = JSON.parse(job.optimization!);
    const optimal = runs.filter((run) => run.is_optimal === 1);
    expect(optimal.map((run) => String(run.number))).toEqual(bestRun === null ? [] : [bestRun]);
    for (const run of optimal) {
      expect(run.outcome).toBe('success');
    }
  }
  return seen;
}

test(
  'state, history and rows agree, nothing that was stopped begins again, and every end says why',
  async () => {
    await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-lives-'));
    const world = await openWorld(join(base.path, 'quarry.db'), { ...SITE, clustersDirectory: base.path });
    await using _ = world.database;
    let jobs = 0;
    await fc.assert(
      fc.asyncProperty(
        arbitraryDefinition,
        fc.constantFrom([], EXECUTING),
        fc.array(arbitraryStep, { minLength: 20, maxLength: 60 }),
        async (wanted, begin, steps) => {
          const id = `job${++jobs}`;
          await submitJob(world, id, wanted);
          let seen = await look(world, id);
          for (const step of [...begin, ...steps]) {
            await take(world, id, step);
            seen = await expectAgreement(world, id, seen);
          }
        },
      ),
      { numRuns: often(60) },
    );
  },
  LIMIT_MS,
);

/** A job of runs that an agent has got, after some steps. */
async function play(policy: object, runs: number, steps: ReadonlyArray<Partial<Step>>) {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-lives-'));
  const world = await openWorld(join(base.path, 'quarry.db'));
  await using _ = world.database;
  const retryPolicy = { maxRetries: 0, exitCodes: null, maxFailedRuns: null, ...policy };
  await submitJob(world, 'job', { isOptimization: false, runs, retryPolicy });
  const onwards = { kind: 'onwards' };
  for (const step of [onwards, onwards, onwards, ...steps]) {
    await take(world, 'job', { pick: [0], outcome: 'failed', exitCode: 1, kind: 'give', ...step });
  }
  return await look(world, 'job');
}

test('a run that somebody wants to stop gets no further attempt when it fails', async () => {
  const steps = [{ kind: 'give' }, { kind: 'stop run' }, { kind: 'end' }];
  const { runs } = await play({ maxRetries: 2 }, 2, steps);
  expect(runs[0]).toMatchObject({ attempt: 1, outcome: 'failed' });
  const lost = await play({ maxRetries: 2 }, 2, [
    { kind: 'give' },
    { kind: 'start' },
    ...steps.slice(1, 2),
    { kind: 'lose' },
  ]);
  expect(lost.runs[0]).toMatchObject({ attempt: 1, outcome: 'failed' });
});

test('runs that were stopped do not count as failed where a policy bounds how many may fail', async () => {
  const stops = [0, 1, 2].map((index) => ({ kind: 'stop run', pick: [index] }));
  const end = [{ kind: 'give' }, { kind: 'end' }];
  const { state } = await play({ maxFailedRuns: 2 }, 6, [...stops, ...end]);
  expect(state).toMatchObject({ phase: 'executing', stop: null, runsFailed: 4 });
  const more = await play({ maxFailedRuns: 2 }, 6, [...stops, ...end, ...end]);
  expect(more.state).toMatchObject({ phase: 'completed', failure: { code: 'too_many_failures' } });
});

test('runs that die with their agent count where a policy bounds how many may fail', async () => {
  const begun = [{ kind: 'give', pick: [0, 0] }, { kind: 'start', pick: [0, 1] }, { kind: 'lose' }];
  const { state, runs } = await play({ maxFailedRuns: 2 }, 5, begun);
  expect(state).toMatchObject({
    phase: 'completed',
    outcome: 'failed',
    failure: { code: 'too_many_failures' },
  });
  expect(runs.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'stopped', 'stopped', 'stopped']);
  const fewer = await play({ maxFailedRuns: 3 }, 5, begun);
  expect(fewer.state).toMatchObject({ phase: 'queued', runsLeft: 3, runsFailed: 2 });
});

test('an agent that is lost when its cluster is no longer the job’s costs the job nothing', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-lives-'));
  const world = await openWorld(join(base.path, 'quarry.db'));
  await using _ = world.database;
  await submitJob(world, 'job', { isOptimization: false, runs: 2, retryPolicy: null });
  const step = { pick: [0], outcome: 'success' as const, exitCode: 1 as const };
  for (const kind of ['onwards', 'onwards', 'onwards', 'give', 'start']) {
    await take(world, 'job', { ...step, kind });
  }
  const before = await look(world, 'job');
  const loss = { jobId: 'job', clusterId: 'another', directory: '/nowhere', sharesFiles: 1 };
  await world.database.write((queries) => loseAgent(queries, world.clock, SITE, loss, LOST));
  expect(await look(world, 'job')).toEqual(before);
});
