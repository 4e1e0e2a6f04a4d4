import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import {
  definition,
  leaves,
  logOf,
  readOutput,
  runJob,
  saveJob,
  submitJob,
  until,
  uploadFile,
} from './platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const get = async (path: string) => (await platform.call('GET', `/api/v2/${path}`)).body;
const runsOf = async (jobId: string) => (await get(`jobs/${jobId}/runs/?page_size=1000`)).results;

/** A variable that counts from `from` to `to`. */
const counting = (name: string, from: number, to: number) => ({
  name,
  variableType: 'Param',
  displayOrder: 1,
  valueGeneratorType: 'FixedRange',
  valueGeneratorSettings: { minvalue: from, maxvalue: to, increment: 1 },
});

async function template(text: string, processedFilename: string) {
  const file = await uploadFile(platform, 'template.tmpl', text);
  return { processedFilename, templateFile: { id: file.id } };
}

/** A sweep whose template is the command's own script. */
async function sweep(script: string, variables: object[], change: object = {}, tile: object = {}) {
  return definition(
    './run.sh',
    { jobvariables: variables, ...change },
    {
      templateTasks: [await template(`#!/bin/sh\n${script}\n`, 'run.sh')],
      hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 4 },
      ...tile,
    },
  );
}

describe('a sweep', () => {
  test('executes its command once for each value, with a template rendered for each', async () => {
    const body = await sweep('echo $((${x} * ${x})) > square', [counting('x', 1, 5)]);
    const job = await runJob(platform, body);
    expect(job).toMatchObject({
      outcome: 'success',
      expectedRuns: 5,
      progress: { runs: 5, ended: 5, failed: 0 },
      slotsGranted: 4,
      jobvariables: [{ name: 'x', valueGeneratorType: 'FixedRange' }],
    });
    const runs = await runsOf(job.id);
    expect(runs.map((run: { id: string }) => run.id)).toEqual(['1', '2', '3', '4', '5']);
    expect(runs[2]).toMatchObject({
      type: 3,
      outcome: 'success',
      exitCode: 0,
      attempt: 1,
      variables: [{ name: 'x', value: 3, displayValue: '3' }],
    });
    expect(await readOutput(platform, job.id, 'run5/square')).toBe('25\n');
    const files = (await get(`jobs/${job.id}/runs/3/files/`)).results;
    expect(files.map((file: { relativePath: string }) => file.relativePath).sort()).toEqual([
      'run3/process_output.log',
      'run3/square',
    ]);
  });

  test('reads what varies from a parameter file, word for word', async () => {
    const paramFile = await uploadFile(platform, 'cases.csv', 'word, factor\nhello,01\n"a, b", 2.50\n');
    const body = await sweep('echo "${word}-${factor}-${factor?string("0.000")}"', [], { paramFile });
    const job = await runJob(platform, body);
    expect(job.outcome).toBe('success');
    expect(job.jobvariables).toEqual([
      expect.objectContaining({ name: 'word', variableType: 'Param', valueGeneratorType: '' }),
      expect.objectContaining({ name: 'factor', variableType: 'Param', valueGeneratorType: '' }),
    ]);
    expect(job.paramFile.id).toBe(paramFile.id);
    const [first, second] = await runsOf(job.id);
    expect(first.variables).toMatchObject([
      { displayValue: 'hello', value: null },
      { displayValue: '01', value: 1 },
    ]);
    expect(second.variables[0]).toMatchObject({ name: 'word', displayValue: 'a, b' });
    expect(await readOutput(platform, job.id, 'run2/process_output.log')).toContain('a, b-2.50-2.500');
  });

  test('takes what a post-process script prints as outputs of the run', async () => {
    const post = await uploadFile(
      platform,
      'post.sh',
      'printf "square\\t%s\\n" "$(cat square)"; echo done\n',
    );
    const body = await sweep(
      'echo $((${x} * ${x})) > square',
      [counting('x', 2, 3)],
      {},
      {
        postProcessScript: { id: post.id },
        postProcessScriptCommand: 'sh post.sh',
      },
    );
    const job = await runJob(platform, body);
    const [first, second] = await runsOf(job.id);
    expect(first.variables.map((each: { name: string; value: number }) => [each.name, each.value])).toEqual([
      ['x', 2],
      ['square', 4],
    ]);
    expect(second.variables[1]).toMatchObject({ name: 'square', value: 9, displayValue: '9' });
    expect(first.usage.wallSeconds).toBeGreaterThan(0);
    expect(job.usage.wallSeconds).toBeGreaterThan(first.usage.wallSeconds);
    expect(job.usage.peakMemoryBytes).toBeGreaterThan(0);
  });

  test('lists all planned runs as soon as it executes, page by page', async () => {
    const id = await submitJob(platform, await sweep('sleep 300', [counting('x', 1, 30)]));
    await until(async () => (await get(`jobs/${id}/`)).status === 'Executing');
    const page = await get(`jobs/${id}/runs/?page_size=20`);
    expect(page).toMatchObject({ count: 30, previous: null });
    expect(page.results).toHaveLength(20);
    const rest = await (
      await fetch(page.next, { headers: { authorization: `Token ${platform.apiKey}` } })
    ).json();
    expect((rest as typeof page).results.map((run: { id: string }) => run.id)).toEqual(
      Array.from({ length: 10 }, (_, index) => String(21 + index)),
    );
    await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
    const job = await until(async () => {
      const each = await get(`jobs/${id}/`);
      return each.status === 'Completed' && each;
    });
    expect(job).toMatchObject({ outcome: 'stopped', progress: { runs: 30, ended: 30 } });
    expect((await runsOf(id)).every((run: { outcome: string }) => run.outcome === 'stopped')).toBe(true);
  });

  test('asked for a dry run, renders its templates and executes nothing', async () => {
    const body = await sweep('echo ${x} > result', [counting('x', 1, 2)], { isTemplateDryRun: true });
    const job = await runJob(platform, body);
    expect(job.outcome).toBe('success');
    expect(await readOutput(platform, job.id, 'run2/run.sh')).toBe('#!/bin/sh\necho 2 > result\n');
    const names = (await get(`jobs/${job.id}/files/?page_size=100`)).results.map(
      (file: { name: string }) => file.name,
    );
    expect(names).not.toContain('result');
  });

  test('is refused, with line and column, when a template asks for what the job does not have', async () => {
    const body = await sweep('echo ${x}\necho ${y} ${z!1}', [counting('x', 1, 2)]);
    const { status, body: refusal } = await platform.call('POST', '/api/v2/jobs/', body);
    expect(status).toBe(400);
    expect(leaves(refusal)).toEqual([
      [
        'jobanalyses.0.templateTasks.0.templateFile',
        expect.stringMatching(/^Line 3, column 8: there is no variable "y"\. The job has x;/),
      ],
    ]);
  });

  test('says when there is not room for all slots, and runs with those there are', async () => {
    const body = await sweep(
      'true',
      [counting('x', 1, 8)],
      {},
      {
        hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 8 },
      },
    );
    const { body: saved } = await platform.call('POST', '/api/v2/jobs/', body);
    expect(saved.warnings).toContainEqual(expect.stringMatching(/room for 4 of the 8 slots/));
    const job = await runJob(platform, body);
    expect(job).toMatchObject({ outcome: 'success', slotsGranted: 4 });
    expect(job.cost.used.formula).toMatch(/^1 core x 4 slots/);
  });

  test('plans the same runs at submit as at create, also when chance has a part', async () => {
    const variable = {
      ...counting('x', 0, 1),
      valueGeneratorType: 'Uniform',
      valueGeneratorSettings: { minvalue: 0, maxvalue: 1 },
    };
    const id = await saveJob(platform, await sweep('echo ${x}', [variable], { monteCarloIterations: 3 }));
    const saved = await get(`jobs/${id}/`);
    expect(saved.jobvariables[0].valueGeneratorSettings.seed).toEqual(expect.any(Number));
    await platform.call('POST', `/api/v2/jobs/${id}/submit/`);
    const again = await platform.call('POST', `/api/v2/jobs/${id}/clone/`, {});
    await platform.call('POST', `/api/v2/jobs/${again.body.id}/submit/`);
    const values = async (jobId: string) =>
      (await runsOf(jobId)).map((run: { variables: [{ value: number }] }) => run.variables[0].value);
    expect(await values(id)).toEqual(await values(again.body.id));
    expect(new Set(await values(id)).size).toBe(3);
  });
});

describe('one run of a sweep', () => {
  test('is stopped while the others go on', async () => {
    const id = await submitJob(
      platform,
      await sweep('[ ${x} = 2 ] && sleep 300; [ ${x} = 1 ] || sleep 1; true', [counting('x', 1, 3)]),
    );
    await until(async () => (await get(`jobs/${id}/runs/2/`)).dateStarted !== null);
    const { status, body } = await platform.call('POST', `/api/v2/jobs/${id}/runs/2/stop/`);
    expect([status, body]).toEqual([200, {}]);
    await until(async () => (await get(`jobs/${id}/`)).status === 'Completed');
    const outcomes = (await runsOf(id)).map((run: { outcome: string }) => run.outcome);
    expect(outcomes).toEqual(['success', 'stopped', 'success']);
  });

  test('is stopped before an agent has it', async () => {
    const body = await sweep(
      'sleep 300',
      [counting('x', 1, 3)],
      {},
      {
        hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1 },
      },
    );
    // Takes all cores, so that the sweep waits.
    const blocker = await submitJob(platform, await sweep('sleep 300', [counting('x', 1, 4)]));
    const id = await submitJob(platform, body);
    for (const run of [3, 1]) {
      await platform.call('POST', `/api/v2/jobs/${id}/runs/${run}/stop/`);
    }
    expect((await get(`jobs/${id}/`)).progress).toEqual({ runs: 3, ended: 2, failed: 2 });
    await platform.call('POST', `/api/v2/jobs/${id}/runs/2/stop/`);
    expect(await get(`jobs/${id}/`)).toMatchObject({ status: 'Completed', outcome: 'stopped' });
    await platform.call('POST', `/api/v2/jobs/${blocker}/stop/`);
    await until(async () => (await get(`jobs/${blocker}/`)).status === 'Completed');
  });
});

describe('runs that fail', () => {
  /** Fails unless there is a file that the test makes between the attempts. */
  const needsFile = (x: string) => `[ ${'${x}'} != ${x} ] || [ -e /tmp/nothing-here ] || exit 7`;

  test('are executed again as often as the policy allows', async () => {
    const retryPolicy = { maxRetries: 2, exitCodes: [7] };
    const job = await runJob(platform, await sweep(needsFile('2'), [counting('x', 1, 3)], { retryPolicy }));
    expect(job).toMatchObject({ outcome: 'failed', progress: { runs: 3, ended: 3, failed: 1 }, retryPolicy });
    const run = await get(`jobs/${job.id}/runs/2/`);
    expect(run).toMatchObject({ attempt: 3, exitCode: 7, outcome: 'failed' });
    expect(run.previousAttempts).toHaveLength(2);
    expect(run.previousAttempts[0]).toMatchObject({ exitCode: 7, failure: { code: 'command_failed' } });
  });

  test('are not executed again after an exit code that the policy does not name', async () => {
    const retryPolicy = { maxRetries: 2, exitCodes: [9] };
    const job = await runJob(platform, await sweep(needsFile('2'), [counting('x', 1, 3)], { retryPolicy }));
    expect(await get(`jobs/${job.id}/runs/2/`)).toMatchObject({ attempt: 1, previousAttempts: [] });
  });

  test('stop the sweep when they are too many', async () => {
    const retryPolicy = { maxFailedRuns: 2 };
    const body = await sweep(
      '[ ${x} -le 2 ] || sleep 300; exit 1',
      [counting('x', 1, 400)],
      { retryPolicy },
      { hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1 } },
    );
    const job = await runJob(platform, body);
    expect(job).toMatchObject({
      outcome: 'failed',
      failure: { code: 'too_many_failures', message: expect.stringMatching(/^2 runs have failed/) },
      progress: { runs: 400, ended: 400 },
    });
    const outcomes = (await runsOf(job.id)).map((run: { outcome: string }) => run.outcome);
    expect(outcomes).toEqual(Array.from({ length: 400 }, (_, index) => (index < 2 ? 'failed' : 'stopped')));
  });

  test('are executed again on request, after the end of the job, and replace what was there', async () => {
    const input = await uploadFile(platform, 'seed.txt', 'x');
    const body = await sweep(
      'echo "${x} attempt $RESCALE_CLUSTER_ID" > out; [ ${x} != 2 ]',
      [counting('x', 1, 3)],
      {},
      { inputFiles: [{ id: input.id }] },
    );
    const job = await runJob(platform, body);
    expect(job.outcome).toBe('failed');
    const before = await readOutput(platform, job.id, 'run2/out');
    const { status, body: answer } = await platform.call('POST', `/api/v2/jobs/${job.id}/runs/rerun/`, {});
    expect([status, answer]).toEqual([202, { runs: ['2'] }]);
    const again = await until(async () => {
      const each = await get(`jobs/${job.id}/`);
      return each.status === 'Completed' && each;
    });
    expect(again).toMatchObject({ outcome: 'failed', progress: { runs: 3, ended: 3, failed: 1 } });
    expect(await get(`jobs/${job.id}/runs/2/`)).toMatchObject({
      attempt: 2,
      previousAttempts: [{ exitCode: 1, outcome: 'failed' }],
    });
    expect(await readOutput(platform, job.id, 'run2/out')).not.toBe(before);
    const files = (await get(`jobs/${job.id}/files/?page_size=100&search=run2/`)).results;
    expect(files).toHaveLength(2);
    expect(again.elapsedWalltimeSeconds).toBeGreaterThan(0);
  });

  test('that are named in a rerun must be there and have ended', async () => {
    const job = await runJob(platform, definition('true'));
    const { status, body } = await platform.call('POST', `/api/v2/jobs/${job.id}/runs/rerun/`, {
      runs: ['1', '7'],
    });
    expect([status, leaves(body)]).toEqual([400, [['runs', expect.stringMatching(/no such runs: 7/)]]]);
    const saved = await saveJob(platform);
    const early = await platform.call('POST', `/api/v2/jobs/${saved}/runs/rerun/`, {});
    expect([early.status, early.body.code]).toEqual([400, 'job_not_submitted']);
    const nothing = await platform.call('POST', `/api/v2/jobs/${job.id}/runs/rerun/`, {});
    expect([nothing.status, nothing.body]).toEqual([202, { runs: [] }]);
  });
});

test('a script without a command is executed by its name', async () => {
  const post = await uploadFile(platform, 'post.sh', '#!/bin/sh\nprintf "answer\\t42\\n"\n');
  const job = await runJob(platform, definition('true', {}, { postProcessScript: { id: post.id } }));
  expect((await get(`jobs/${job.id}/runs/1/`)).variables).toMatchObject([{ name: 'answer', value: 42 }]);
});

test('a plain job with a script before and after its command has them in its log', async () => {
  const pre = await uploadFile(platform, 'pre.sh', 'echo prepared > ready\n');
  const job = await runJob(
    platform,
    definition(
      'cat ready',
      {},
      {
        preProcessScript: { id: pre.id },
        preProcessScriptCommand: 'sh pre.sh',
        postProcessScriptCommand: 'printf "answer\\t42\\n"',
      },
    ),
  );
  expect(job).toMatchObject({ outcome: 'success', expectedRuns: 1 });
  expect((await logOf(platform, job.id)).join('')).toContain('prepared');
  expect((await get(`jobs/${job.id}/runs/1/`)).variables).toMatchObject([{ name: 'answer', value: 42 }]);
});
