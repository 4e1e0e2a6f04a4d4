/** The optimizer's loop on a real platform: planning, iterations, the best one, ends and crashes. */
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Platform, startPlatform } from '../../testing/start-platform.ts';
import { reach, saveJob, submitJob, until, uploadFile } from '../platform-harness.ts';

// Not isolated: commands note what they execute in a file outside their directory.
let platform: Platform;
let notes: string;
let template: string;

beforeAll(async () => {
  platform = await startPlatform({ cores: 4, sandbox: 'off' });
  notes = await mkdtemp(join(tmpdir(), 'quarry-optimizer-'));
  template = (await uploadFile(platform, 'point.tmpl', '${x} ${y}\n')).id;
});

afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await rm(notes, { recursive: true, force: true });
});

/** Minimum 0.5 at (1.5, 0.5), where the constraint is active; without it 0 at (2, 1). */
const QUADRATIC = `awk '{ printf "f\\t%.10g\\nsum\\t%.10g\\n", ($1 - 2) ^ 2 + ($2 - 1) ^ 2, $1 + $2 }' point > told`;

interface Wanted {
  command?: string;
  optimizer?: object;
  tile?: object;
  change?: object;
  name?: string;
}

function optimization({ command = QUADRATIC, optimizer, change, tile, name = 'a' }: Wanted = {}) {
  const design = (variable: string, displayOrder: number) => ({
    ...{ name: variable, displayOrder, variableType: 'Design', valueGeneratorType: '' },
    valueGeneratorSettings: { minvalue: -1, maxvalue: 3 },
  });
  return {
    name: 'an optimization',
    jobvariables: [design('x', 0), design('y', 1)],
    optimizer: {
      objective: { name: 'f' },
      constraints: [{ name: 'sum', max: 2 }],
      maxRuns: 40,
      ...optimizer,
    },
    jobanalyses: [
      {
        analysis: { code: 'user_included', version: '0' },
        command: `cat point >> ${join(notes, name)}; ${command}`,
        hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 4 },
        templateTasks: [{ templateFile: { id: template }, processedFilename: 'point' }],
        postProcessScriptCommand: 'cat told',
        ...tile,
      },
    ],
    ...change,
  };
}

const getJob = async (id: string): Promise<Answer['body']> =>
  (await platform.call('GET', `/api/v2/jobs/${id}/`)).body;

const getRuns = async (id: string): Promise<Answer['body'][]> =>
  (await platform.call('GET', `/api/v2/jobs/${id}/runs/?page_size=1000`)).body.results;

async function ended(id: string) {
  const history = await reach(platform, id, 'Completed');
  const [job, runs] = [await getJob(id), await getRuns(id)];
  return { history, job, runs, iterations: runs.slice(1) };
}

const execute = async (wanted?: Wanted) => ended(await submitJob(platform, optimization(wanted)));

const told = (one: Answer['body'], name: string): number | undefined =>
  one.variables.find((each: { name: string }) => each.name === name)?.value;

const pointsOf = (runs: Answer['body'][]) =>
  runs.map((one) => `${one.variables[0].displayValue} ${one.variables[1].displayValue}`);

/** What has been executed, in the order it began. */
const executed = async (name: string) => (await readFile(join(notes, name), 'utf8')).trim().split('\n');

/** The best run by its own figures, and the one that is said to be. */
function bests(iterations: Answer['body'][]) {
  const feasible = iterations.filter((one) => one.outcome === 'success' && told(one, 'sum')! <= 2);
  const least = Math.min(...feasible.map((one) => told(one, 'f')!));
  return {
    expected: feasible.filter((one) => told(one, 'f') === least).slice(0, 1),
    marked: iterations.filter((one) => one.isOptimal),
  };
}

describe('an optimization', () => {
  it('finds a constrained minimum in iterations of one run that stands for it', async () => {
    const { history, job, runs, iterations } = await execute({ name: 'straight' });
    expect(history.at(-1)).toBe('Completed (Completed successfully)');
    expect([job.outcome, job.expectedRuns, runs.length]).toEqual(['success', 41, 41]);
    expect(job.progress).toEqual({ runs: 40, ended: 40, failed: 0 });

    const [parent] = runs;
    expect([parent.id, parent.type, parent.parent, parent.isOptimal]).toEqual(['1', 1, null, false]);
    expect([parent.outcome, parent.variables]).toEqual(['success', []]);
    expect(iterations.every((one) => one.type === 2 && one.parent === '1')).toBe(true);
    const started = iterations.map((one) => one.dateStarted).toSorted();
    expect(parent.dateStarted).toBe(started[0]);
    expect(
      parent.dateCompleted >=
        iterations
          .map((one) => one.dateCompleted)
          .toSorted()
          .at(-1)!,
    ).toBe(true);

    const { expected, marked } = bests(iterations);
    expect(marked).toEqual(expected);
    expect(told(marked[0], 'f')).toBeLessThan(0.56);
    expect(job.optimization).toEqual({
      bestRun: marked[0].id,
      reason: 'max_runs',
      message: `All 40 iterations that were allowed have been executed. The best is run ${marked[0].id} with f = ${told(marked[0], 'f')}.`,
    });
    expect((await executed('straight')).toSorted()).toEqual(pointsOf(iterations).toSorted());
  });

  it('comes to the same when the server is killed in between, and executes nothing twice', async () => {
    const straight = await execute({ name: 'alone' });
    const id = await submitJob(platform, optimization({ name: 'killed' }));
    for (const count of [4, 20]) {
      await until(async () => (await getJob(id)).progress.ended >= count, `${count} iterations`);
      await platform.kill();
      await platform.restart();
    }
    const { job, iterations } = await ended(id);
    expect(pointsOf(iterations)).toEqual(pointsOf(straight.iterations));
    expect(job.optimization).toEqual(straight.job.optimization);
    expect(iterations.every((one) => one.attempt === 1)).toBe(true);
    expect((await executed('killed')).toSorted()).toEqual(pointsOf(iterations).toSorted());
  }, 120_000);

  it('marks the best so far while it goes on', async () => {
    const held = join(notes, 'go');
    // The first two rounds are five iterations; the third waits.
    const waiting = `[ $(wc -l < ${join(notes, 'held')}) -le 5 ] || until [ -e ${held} ]; do sleep 0.05; done; ${QUADRATIC}`;
    const id = await submitJob(platform, optimization({ command: waiting, name: 'held' }));
    await until(async () => (await getJob(id)).progress.ended === 5, 'five iterations');
    const [parent, ...iterations] = await getRuns(id);
    const { expected, marked } = bests(iterations);
    expect(marked).toEqual(expected);
    expect((await getJob(id)).optimization).toEqual({ bestRun: marked[0].id, reason: null, message: null });
    expect([parent.dateStarted !== null, parent.dateCompleted]).toEqual([true, null]);
    await appendFile(held, '');
    expect((await ended(id)).job.optimization.reason).toBe('max_runs');
  });

  it('takes points at which runs fail for bad ones and goes on', async () => {
    const { job, iterations } = await execute({
      command: `awk '$1 + $2 > 2.4 { exit 3 }' point && ${QUADRATIC}`,
      optimizer: { maxRuns: 60 },
      name: 'failing',
    });
    expect(iterations).toHaveLength(60);
    expect([job.outcome, job.progress.failed > 0]).toEqual(['failed', true]);
    expect(bests(iterations).marked).toEqual(bests(iterations).expected);
    expect(told(bests(iterations).marked[0], 'f')).toBeLessThan(0.7);
  });

  it('says in words that nothing kept the constraints, of a job that did what it was told', async () => {
    const { job, iterations } = await execute({
      optimizer: { constraints: [{ name: 'sum', min: 7 }], maxRuns: 9 },
      name: 'infeasible',
    });
    expect([job.outcome, iterations.some((one) => one.isOptimal)]).toEqual(['success', false]);
    expect(job.optimization).toEqual({
      bestRun: null,
      reason: 'max_runs',
      message:
        'All 9 iterations that were allowed have been executed. No iteration was found that keeps every constraint and tells f.',
    });
  });

  it('ends at the target, by the local method as well', async () => {
    const { job, iterations } = await execute({
      optimizer: { method: 'nelder-mead', constraints: null, target: 0.01, maxRuns: 100 },
      name: 'local',
    });
    expect([job.outcome, job.optimization.reason]).toEqual(['success', 'target']);
    expect(iterations.length).toBeLessThan(40);
    expect(told(iterations[0], 'x')).toBe(1);
  });

  it('gives up when the failure limit is reached at the end of a round', async () => {
    const { job, iterations } = await execute({
      command: 'exit 4',
      change: { retryPolicy: { maxRetries: 1, maxFailedRuns: 1 } },
      name: 'limit',
    });
    expect([job.outcome, iterations.length, iterations[0].attempt]).toEqual(['failed', 1, 2]);
    expect(job.optimization.reason).toBe('too_many_failures');
    expect(await executed('limit')).toHaveLength(2);
  });

  it('goes on when what failed is executed again', async () => {
    const mended = join(notes, 'mended');
    const id = await submitJob(
      platform,
      optimization({
        command: `[ -e ${mended} ] && ${QUADRATIC}`,
        optimizer: { maxRuns: 12 },
        change: { retryPolicy: { maxFailedRuns: 1 } },
        name: 'again',
      }),
    );
    expect((await ended(id)).iterations).toHaveLength(1);
    await appendFile(mended, '');
    const answer = await platform.call('POST', `/api/v2/jobs/${id}/runs/rerun/`);
    expect([answer.status, answer.body]).toEqual([202, { runs: ['2'] }]);
    await until(async () => (await getJob(id)).outcome === 'success', 'the end of the rerun');
    const { job, runs, iterations } = await ended(id);
    expect([job.optimization.reason, iterations.length, job.expectedRuns]).toEqual(['max_runs', 12, 13]);
    expect(runs[0].outcome).toBe('success');
    expect(pointsOf(iterations)).toEqual(
      pointsOf((await execute({ name: 'once', optimizer: { maxRuns: 12 } })).iterations),
    );
    const refused = await platform.call('POST', `/api/v2/jobs/${id}/runs/rerun/`, { runs: ['1', '2'] });
    expect([refused.status, refused.body]).toEqual([
      400,
      { runs: [expect.stringMatching(/^Run 1 stands for the optimization/)] },
    ]);
  });

  it('renders the templates of one point in a dry run', async () => {
    const { job, iterations } = await execute({ change: { isTemplateDryRun: true }, name: 'dry' });
    expect([job.outcome, job.optimization.reason, iterations.length]).toEqual(['success', 'dry_run', 1]);
  });
});

describe('an optimization that is cut off', () => {
  const ENDLESS = { command: `sleep 0.1; ${QUADRATIC}`, optimizer: { maxRuns: 5000 } };

  it('by its walltime ends with that reason and plans nothing more', async () => {
    const id = await saveJob(platform, optimization({ ...ENDLESS, name: 'walltime' }));
    // The API counts in hours; a test has no hour.
    withDatabase((database) => database.prepare('UPDATE jobs SET walltime_seconds = 2 WHERE id = ?').run(id));
    await platform.call('POST', `/api/v2/jobs/${id}/submit/`);
    const { job, runs, iterations } = await ended(id);
    expect([job.outcome, runs[0].outcome]).toEqual(['walltime_exceeded', 'walltime_exceeded']);
    expect(runs.every((one) => one.dateCompleted !== null)).toBe(true);
    expect(job.progress.ended).toBe(iterations.length);
    expect(bests(iterations).marked).toEqual(bests(iterations).expected);
  });

  it('by the death of its agent goes on with another one, where the policy allows', async () => {
    const straight = await execute({ optimizer: { maxRuns: 20 }, name: 'whole' });
    const id = await submitJob(
      platform,
      optimization({
        command: `sleep 0.1; ${QUADRATIC}`,
        ...{ optimizer: { maxRuns: 20 }, change: { retryPolicy: { maxRetries: 3 } }, name: 'orphaned' },
      }),
    );
    await until(async () => (await getJob(id)).progress.ended >= 5, 'iterations');
    process.kill(agentOf(id), 'SIGKILL');
    const { job, iterations } = await ended(id);
    expect([job.outcome, job.expectedRuns]).toEqual(['success', 21]);
    expect(pointsOf(iterations)).toEqual(pointsOf(straight.iterations));
  }, 60_000);
});

function withDatabase<Result>(use: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(join(platform.dataDir, 'quarry.db'));
  database.exec('PRAGMA busy_timeout = 5000');
  try {
    return use(database);
  } finally {
    database.close();
  }
}

/** The process of the agent that executes a job now. */
function agentOf(jobId: string): number {
  const row = withDatabase((database) =>
    database
      .prepare('SELECT handle FROM clusters JOIN jobs ON jobs.cluster_id = clusters.id WHERE jobs.id = ?')
      .get(jobId),
  );
  return JSON.parse(String(row!.handle)).pid;
}

describe('stopping', () => {
  const ENDLESS = { command: `sleep 0.1; ${QUADRATIC}`, optimizer: { maxRuns: 5000 } };

  it('the job ends it with no further iteration', async () => {
    const id = await submitJob(platform, optimization({ ...ENDLESS, name: 'stopped' }));
    await until(async () => (await getJob(id)).progress.ended >= 3, 'iterations');
    await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
    const { job, runs, iterations } = await ended(id);
    expect([job.outcome, runs[0].outcome]).toEqual(['stopped', 'stopped']);
    expect(runs.every((one) => one.dateCompleted !== null)).toBe(true);
    expect(iterations.length).toBeLessThan(5000);
    expect(bests(iterations).marked).toEqual(bests(iterations).expected);
  });

  it('the run that stands for it lets the iterations under way end, and the job succeeds', async () => {
    const id = await submitJob(platform, optimization({ ...ENDLESS, name: 'enough' }));
    await until(async () => (await getJob(id)).progress.ended >= 5, 'iterations');
    expect((await platform.call('POST', `/api/v2/jobs/${id}/runs/1/stop/`)).status).toBe(200);
    const { job, iterations } = await ended(id);
    expect([job.outcome, job.optimization.reason]).toEqual(['success', 'stopped']);
    expect(iterations.every((one) => one.outcome === 'success')).toBe(true);
    expect(iterations.length).toBeLessThan(5000);
  });

  it('the iterations of a round one by one lets the next round come', async () => {
    const held = join(notes, 'first');
    const id = await submitJob(
      platform,
      optimization({
        command: `until [ -e ${held} ]; do sleep 0.05; done; ${QUADRATIC}`,
        optimizer: { maxRuns: 5 },
        name: 'single',
      }),
    );
    await until(async () => (await getRuns(id))[1]?.dateStarted, 'the first iteration');
    await platform.call('POST', `/api/v2/jobs/${id}/runs/2/stop/`);
    await until(async () => (await getRuns(id)).length === 6, 'the second round');
    await appendFile(held, '');
    const { iterations } = await ended(id);
    expect(iterations.map((one) => one.outcome)).toEqual([
      'stopped',
      'success',
      'success',
      'success',
      'success',
    ]);
  });
});
