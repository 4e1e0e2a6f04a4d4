/** Sweeps whose server and agent are killed while they execute. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from '@quarry/contract';
import { toRecords } from '@quarry/sdk';
import { expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { agentOf, leftovers } from './support/clusters.ts';
import { findings } from './support/doctor.ts';
import { eventually, jobWithStatus } from './support/jobs.ts';
import { allRuns, runOf, submitSweep, uploadText } from './support/sweeps.ts';

const SLOTS = 4;
const RUNS = 500;
/** This run ends only when it is executed for the second time, so it is under way when the agent dies. */
const HELD = 190;
/** Runs from here on wait until the test lets them go, so that the sweep is under way whenever the server dies. */
const WAITING_FROM = 400;

test('a sweep of 500 runs whose server is killed five times and whose agent once executes each run once, or again by its policy', async () => {
  await using executions = await countedExecutions();
  await using platform = await startPlatform({ cores: SLOTS, sandbox: 'off' });
  const id = await submitCounted(platform, executions.directory, {
    runs: RUNS,
    held: HELD,
    waitingFrom: WAITING_FROM,
    job: { retryPolicy: { maxRetries: 1 } },
  });
  for (const reached of [20, 80, 140, 260, 320]) {
    await untilEnded(platform, id, reached);
    await platform.kill();
    if (reached === 320) {
      await executions.letGo();
    }
    await platform.restart();
    if (reached === 140) {
      await eventually('the held run to execute', async () => (await executions.count()).get(String(HELD)));
      process.kill(await agentOf(platform), 'SIGKILL');
    }
  }
  const job = await jobWithStatus(platform, id, 'Completed', 120);
  expect(job.failure).toBeNull();
  expect(job.outcome).toBe('success');

  const runs = await allRuns(platform, id);
  expect(runs.map((run) => run.id)).toEqual(numbers(RUNS));
  expect(runs.filter((run) => !isComplete(run)).slice(0, 3)).toEqual([]);
  const repeated = runs.filter(({ attempt }) => attempt !== 1);
  expect(repeated.map((run) => run.id)).toContain(String(HELD));
  expect(repeated.length).toBeLessThanOrEqual(SLOTS);
  for (const { attempt, previousAttempts } of repeated) {
    expect(attempt).toBe(2);
    expect(previousAttempts).toMatchObject([{ outcome: 'failed', failure: { code: 'agent_lost' } }]);
  }

  const counted = await executions.count();
  expect([...counted.keys()].toSorted(byNumber)).toEqual(numbers(RUNS));
  for (const run of runs) {
    // An attempt that was lost with its agent may have been cut off before its command did anything.
    expect([1, run.attempt], `executions of run ${run.id}`).toContain(counted.get(run.id));
  }
  expect(counted.get(String(HELD))).toBe(2);
  const table = await resultsOf(platform, id);
  expect(table.map(({ run }) => run.run)).toEqual(runs.map((run) => Number(run.id)));
  for (const { run, inputs, outputs } of table) {
    expect({ ...inputs, ...outputs, outcome: run.outcome }).toEqual({
      n: run.run,
      square: Number(run.run) ** 2,
      outcome: 'success',
    });
  }
  // The result and the log of each run, of its last attempt only.
  expect((await platform.call('GET', `/api/v2/jobs/${id}/files/?page_size=1`)).body.count).toBe(2 * RUNS);
  await eventually('the cluster to be gone', async () => leftovers(platform).length === 0);
  expect(await findings(platform.dataDir)).toEqual([]);
}, 240_000);

test('runs that were lost with their agent while the server was away are reported as lost and executed again when asked', async () => {
  await using executions = await countedExecutions();
  await using platform = await startPlatform({ cores: SLOTS, sandbox: 'off' });
  const id = await submitCounted(platform, executions.directory, { runs: 60, held: 20 });
  await eventually('the held run to execute', async () => (await executions.count()).get('20'));
  // What its agent writes down while the server is away is known to nobody else.
  await platform.kill();
  await eventually('the agent to begin every run', async () => (await executions.count()).size === 60);
  process.kill(await agentOf(platform), 'SIGKILL');
  await platform.restart();
  expect(await jobWithStatus(platform, id, 'Completed', 60)).toMatchObject({
    outcome: 'failed',
    failure: { code: 'agent_lost' },
  });

  const lost = (await allRuns(platform, id)).filter(({ outcome }) => outcome !== 'success');
  expect(lost.map((run) => run.id)).toContain('20');
  expect(lost.length).toBeLessThanOrEqual(SLOTS);
  for (const { failure } of lost) {
    expect(failure).toMatchObject({ code: 'agent_lost' });
  }

  const rerun = await platform.call('POST', `/api/v2/jobs/${id}/runs/rerun/`, {});
  expect(rerun).toMatchObject({ status: 202, body: { runs: lost.map((run) => run.id) } });
  await eventually('the rerun to succeed', async () => {
    const { body } = await platform.call('GET', `/api/v2/jobs/${id}/`);
    return body.status === 'Completed' && body.outcome === 'success';
  });
  const runs = await allRuns(platform, id);
  expect(runs.filter((run) => !isComplete(run)).slice(0, 3)).toEqual([]);
  const counted = await executions.count();
  const isLost = new Set(lost.map((run) => run.id));
  for (const run of runs) {
    expect(run.attempt, `attempts of run ${run.id}`).toBe(isLost.has(run.id) ? 2 : 1);
    expect(counted.get(run.id)).toBeLessThanOrEqual(run.attempt!);
  }
  await eventually('the cluster to be gone', async () => leftovers(platform).length === 0);
  expect(await findings(platform.dataDir)).toEqual([]);
}, 120_000);

const GATE = 'gate';

/** A directory where each execution of a run leaves a line in a file of its number. */
async function countedExecutions() {
  const directory = await mkdtemp(join(tmpdir(), 'quarry-executions-'));
  return {
    directory,
    async count(): Promise<Map<string, number>> {
      const counts = new Map<string, number>();
      for (const name of await readdir(directory)) {
        if (name === GATE) {
          continue;
        }
        counts.set(name, (await readFile(join(directory, name), 'utf8')).split('\n').length - 1);
      }
      return counts;
    },
    letGo: () => writeFile(join(directory, GATE), ''),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/**
 * Each run writes down its number, outside and as its output, and gives its square as a result. The run that is held
 * goes on for ever when it is executed for the first time; those from `waitingFrom` on wait to be let go.
 */
async function submitCounted(
  platform: Platform,
  directory: string,
  options: { runs: number; held: number; waitingFrom?: number; job?: Record<string, unknown> },
): Promise<string> {
  const { runs, held, waitingFrom = runs + 1, job } = options;
  const template = await uploadText(platform, 'number.template', `\${n}\n`);
  return submitSweep(platform, {
    runs,
    slots: SLOTS,
    command: [
      'read n < number.txt',
      `mine='${directory}'/$n; test -e $mine; before=$?`,
      'echo ran >> $mine',
      `if [ $n = ${held} ] && [ $before != 0 ]; then sleep 600; fi`,
      `while [ $n -ge ${waitingFrom} ] && [ ! -e '${directory}/${GATE}' ]; do sleep 0.1; done`,
      'echo $n > result.txt',
    ].join('\n'),
    tile: {
      templateTasks: [{ templateFile: { id: template }, processedFilename: 'number.txt' }],
      postProcessScriptCommand: `read n < result.txt; printf 'square\\t%d\\n' $((n * n))`,
    },
    ...(job && { job }),
  });
}

async function resultsOf(platform: Platform, id: string) {
  return toRecords((await platform.call('GET', `/api/v2/jobs/${id}/results/`)).body);
}

/** The runs of a sweep begin in their order, so about as many have ended. */
function untilEnded(platform: Platform, id: string, number: number): Promise<unknown> {
  return eventually(
    `run ${number} to end`,
    async () => (await runOf(platform, id, number)).dateCompleted !== null,
    60,
  );
}

function isComplete({ id, outcome, dateStarted, dateCompleted, variables, outputFileCount }: Run): boolean {
  const values = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
  return (
    outcome === 'success' &&
    dateStarted !== null &&
    dateCompleted !== null &&
    values.n === Number(id) &&
    values.square === Number(id) ** 2 &&
    // number.txt is rendered, not put out; result.txt and the log are.
    outputFileCount >= 2
  );
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index + 1));
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}
