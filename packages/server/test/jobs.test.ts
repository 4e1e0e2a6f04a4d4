import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import {
  addUser,
  definition,
  logOf,
  reach,
  readOutput,
  runJob,
  saveJob,
  submitJob,
  until,
  uploadFile,
} from './platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 16 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const get = async (path: string, key?: string) =>
  (await platform.call('GET', `/api/v2/${path}`, undefined, key)).body;
const historyOf = (id: string) => reach(platform, id, 'Completed');
const clusterHistoryOf = (id: string) =>
  until(async () => {
    const { results } = await get(`jobs/${id}/cluster_statuses/`);
    return results[0]?.status === 'Stopped' && results.map((row: { status: string }) => row.status).reverse();
  }, 'the end of the cluster');

const BEGUN = ['Pending', 'Queued', 'Started', 'Validated', 'Executing'];

describe('the history of a job', () => {
  test('that succeeds, however short it is, tells every step and has no Stopping', async () => {
    const job = await runJob(platform, definition('true'));
    expect(await historyOf(job.id)).toEqual([...BEGUN, 'Completed (Completed successfully)']);
    expect(job).toMatchObject({ status: 'Completed', outcome: 'success', failure: null, waiting: null });
    expect(await clusterHistoryOf(job.id)).toEqual([
      'Not Started',
      'Starting',
      'Started',
      'Stop Requested',
      'Stopping',
      'Stopped',
    ]);
  });

  test('whose command fails ends as Completed all the same, after Stopping, and says why', async () => {
    const job = await runJob(platform, definition('echo no such mesh >&2; exit 3'));
    expect(await historyOf(job.id)).toEqual([
      ...BEGUN,
      'Stopping (A run failed)',
      'Completed (A run failed)',
    ]);
    expect(job).toMatchObject({
      status: 'Completed',
      outcome: 'failed',
      failure: {
        code: 'command_failed',
        message: expect.stringContaining('3'),
        hint: expect.stringContaining('no such mesh'),
      },
    });
    const { results } = await get(`jobs/${job.id}/runs/`);
    expect(results).toMatchObject([
      { id: '1', outcome: 'failed', exitCode: 3, failure: { code: 'command_failed' } },
    ]);
  });

  test('that is stopped while it runs says so first, and keeps what it wrote', async () => {
    const id = await submitJob(platform, definition('echo kept > kept.txt; sleep 300'));
    await reach(platform, id, 'Executing');
    await until(
      async () => (await platform.call('GET', `/api/v2/jobs/${id}/runs/1/tail/kept.txt`)).status === 200,
    ).catch(() => {});
    const stop = await platform.call('POST', `/api/v2/jobs/${id}/stop/`, definition());
    expect([stop.status, stop.body]).toEqual([202, undefined]);
    expect((await get(`jobs/${id}/statuses/`)).results[0]).toMatchObject({ statusReason: 'Stopped by user' });
    expect(await historyOf(id)).toEqual([
      ...BEGUN,
      'Stopping (Stopped by user)',
      'Completed (Stopped by user)',
    ]);
    expect(await get(`jobs/${id}/`)).toMatchObject({ outcome: 'stopped' });
    expect(await readOutput(platform, id, 'kept.txt')).toBe('kept\n');
  });

  test('that outlives its walltime says that its time was up', async () => {
    const hardware = { coreType: 'quartz', coresPerSlot: 1, walltime: 1 / 3600 };
    const id = await saveJob(platform, definition('echo begun; sleep 300', {}, { hardware }));
    await platform.call('POST', `/api/v2/jobs/${id}/submit/`);
    expect(await historyOf(id)).toEqual([
      ...BEGUN,
      'Stopping (Walltime exceeded)',
      'Completed (Walltime exceeded)',
    ]);
    expect(await get(`jobs/${id}/`)).toMatchObject({
      outcome: 'walltime_exceeded',
      failure: { hint: expect.any(String) },
    });
    expect((await logOf(platform, id)).join('')).toContain('begun');
  });

  test('has Pending before the submit is answered, and nothing before', async () => {
    const id = await saveJob(platform);
    expect(await get(`jobs/${id}/statuses/`)).toEqual({ count: 0, next: null, previous: null, results: [] });
    expect(await get(`jobs/${id}/cluster_statuses/`)).toMatchObject({ count: 0 });
    expect(await get(`jobs/${id}/runs/`)).toMatchObject({ count: 0 });
    await platform.call('POST', `/api/v2/jobs/${id}/submit/`);
    expect((await get(`jobs/${id}/statuses/`)).results.at(-1)).toMatchObject({
      jobId: id,
      status: 'Pending',
    });
    expect((await get(`jobs/${id}/runs/`)).count).toBe(1);
    await historyOf(id);
  });
});

test('many jobs at once each end once, in their own words', async () => {
  const ids = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      submitJob(platform, definition(`echo ${index}; exit ${index % 2}`)),
    ),
  );
  for (const [index, id] of ids.entries()) {
    const end =
      index % 2 === 0
        ? ['Completed (Completed successfully)']
        : ['Stopping (A run failed)', 'Completed (A run failed)'];
    expect((await historyOf(id)).filter((row) => !row.startsWith('Waiting'))).toEqual([...BEGUN, ...end]);
    const texts = (await logOf(platform, id)).map((line) => line.slice(24));
    expect(texts).toContain(`${index}\n`);
  }
});

describe('the log', () => {
  test('has the lines that scripts count on, each with its time', async () => {
    const { id } = await runJob(platform, definition('echo out; echo err >&2; printf "no end"'));
    const lines = await logOf(platform, id);
    for (const line of lines) {
      expect(line).toMatch(/^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\]: .*\n$/);
    }
    const texts = lines.map((line) => line.slice(24, -1));
    expect(texts[0]).toMatch(
      /^Launching echo out; echo err >&2; printf "no end", Working dir: \S+\. {2}Process output follows:$/,
    );
    expect(texts.slice(1, -2).sort()).toEqual(['err', 'no end', 'out']);
    expect(texts.slice(-2)).toEqual(['Exited with code 0', '']);
  });

  test('tells every tile in order, up to the one that fails', async () => {
    const tiles = ['echo one', '# nothing', 'exit 4', 'echo never'].map(
      (command) => definition(command).jobanalyses[0],
    );
    const job = await runJob(platform, definition('', { jobanalyses: tiles }));
    const texts = (await logOf(platform, job.id)).map((line) => line.slice(24, -1));
    expect(
      texts.filter((text) => /^(Launching|Exited)/.test(text)).map((text) => text.split(',')[0]),
    ).toEqual([
      'Launching echo one',
      'Exited with code 0',
      'Launching # nothing',
      'Exited with code 0',
      'Launching exit 4',
      'Exited with code 4',
    ]);
    expect(job.failure.message).toContain('tile 3');
  });

  test('is what a search for output finds first, and an output like others', async () => {
    const { id } = await runJob(
      platform,
      definition('echo x > output.txt; mkdir output; echo y > output/z; echo q > a.txt'),
    );
    const { results } = await get(`jobs/${id}/files/?search=output`);
    expect(results.map((file: { relativePath: string }) => file.relativePath)[0]).toBe('process_output.log');
    expect(results.map((file: { relativePath: string }) => file.relativePath).sort()).toEqual([
      'output.txt',
      'output/z',
      'process_output.log',
    ]);
    const nested = results.find((file: { relativePath: string }) => file.relativePath === 'output/z');
    expect(nested).toMatchObject({
      name: 'z',
      typeId: 5,
      path: expect.stringMatching(new RegExp(`^user/user_\\w+/output/job_${id}/run1/output/z$`)),
    });
    expect((await get(`jobs/${id}/runs/1/files/`)).count).toBe(4);
  });
});

test('outputs are listed whenever the end is visible', async () => {
  const id = await submitJob(
    platform,
    definition('for i in 1 2 3 4 5; do head -c 300000 /dev/urandom > $i.bin; done'),
  );
  let rounds = 0;
  for (let isDone = false; !isDone; rounds++) {
    const { results } = await get(`jobs/${id}/statuses/?page_size=1`);
    isDone = results[0].status === 'Completed';
    const { count } = await get(`jobs/${id}/files/`);
    // Asked after the end was seen: everything must be there. Before: either nothing or everything.
    expect(isDone ? [6] : [0, 6]).toContain(count);
  }
  expect(rounds).toBeGreaterThan(1);
  expect(await get(`jobs/${id}/runs/1/`)).toMatchObject({ outcome: 'success', outputFileCount: 6 });
});

describe('a command', () => {
  test('finds the environment that is promised, and its own variables', async () => {
    const { id } = await runJob(
      platform,
      definition('env > env.txt; pwd > pwd.txt', {}, { envVars: { MINE: 'a b', N: 5, B: true, EMPTY: '' } }),
    );
    const text = await readOutput(platform, id, 'env.txt');
    const environment = Object.fromEntries(text.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
    const { results } = await get(`jobs/${id}/cluster_statuses/`);
    expect(environment).toMatchObject({
      MINE: 'a b',
      N: '5',
      B: 'true',
      EMPTY: '',
      RESCALE_JOB_ID: id,
      RESCALE_CLUSTER_ID: results[0].clusterId,
      RESCALE_API_BASE_URL: platform.url,
      RESCALE_API_KEY: expect.stringMatching(/^qry_\w{36}$/),
      RESCALE_CORE_TYPE: 'quartz',
      RESCALE_PROVIDER: 'quarry',
      RESCALE_CORES_PER_SLOT: '1',
      RESCALE_CORES_PER_NODE: '1',
      RESCALE_NODES_PER_SLOT: '1',
      RESCALE_SLOTS_PER_NODE: '1',
      RESCALE_THREADS_PER_SLOT: '1',
      RESCALE_THREADS_PER_NODE: '1',
      RESCALE_GPUS_PER_SLOT: '0',
      RESCALE_GPUS_PER_NODE: '0',
    });
    expect(
      Object.keys(environment).filter((name) => name.startsWith('npm_') || name.startsWith('VITEST')),
    ).toEqual([]);
    expect((await readOutput(platform, id, 'pwd.txt')).trim()).toMatch(/\/work$/);
    expect(`${environment.HOME}/work`).toBe((await readOutput(platform, id, 'pwd.txt')).trim());
  });

  test('calls the platform with the key of its job, which is dead once the end is visible', async () => {
    const someone = await addUser(platform, 'caller@lab.example');
    const command = `curl -sS -H "Authorization: Token $RESCALE_API_KEY" "$RESCALE_API_BASE_URL/api/v2/users/me/" > me.json
echo "$RESCALE_API_KEY" > key.txt`;
    const id = await submitJob(platform, definition(command), someone.key);
    await historyOf(id);
    expect(JSON.parse(await readOutput(platform, id, 'me.json'))).toMatchObject({ email: someone.email });
    const key = (await readOutput(platform, id, 'key.txt')).trim();
    expect((await platform.call('GET', '/api/v2/users/me/', undefined, key)).status).toBe(401);
  });

  test('works on executable copies of its inputs, which are no outputs unless it changes them', async () => {
    const script = await uploadFile(platform, 'run me.sh', '#!/bin/sh\necho ran\n');
    const data = await uploadFile(platform, 'data.txt', 'one\n');
    const body = definition(
      './"run me.sh"; echo two >> data.txt',
      {},
      { inputFiles: [{ id: script.id }, { id: data.id }] },
    );
    const { id, outcome } = await runJob(platform, body);
    expect(outcome).toBe('success');
    expect((await logOf(platform, id)).map((line) => line.slice(24))).toContain('ran\n');
    expect(await readOutput(platform, id, 'data.txt')).toBe('one\ntwo\n');
    expect((await get(`jobs/${id}/files/?search=run`)).count).toBe(0);
    expect((await get(`files/${data.id}/lines/`)).lines).toEqual(['one\n']);
  });
});

test('the cost is that of the hardware for the walltime, and the formula says how', async () => {
  const prices = (await get('billing/computeprices/')) as Array<{
    coreType: string;
    planType: string;
    value: { amount: string };
  }>;
  const hardware = { coreType: 'granite', coresPerSlot: 2, walltime: 7 };
  for (const isLowPriority of [false, true]) {
    const plan = isLowPriority ? 'on-demand' : 'on-demand-priority';
    const rate = Number(
      prices.find((each) => each.coreType === 'granite' && each.planType === plan)!.value.amount,
    );
    const { body } = await platform.call(
      'POST',
      '/api/v2/jobs/',
      definition('true', { isLowPriority }, { hardware }),
    );
    expect(Number(body.cost.estimate.amount)).toBeCloseTo(rate * 2 * 7, 4);
    expect(body.cost.estimate.formula).toMatch(/^2 cores x 1 slot x 7 h x [\d.]+ USD per core hour$/);
  }
});
