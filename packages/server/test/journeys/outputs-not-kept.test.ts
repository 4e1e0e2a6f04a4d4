import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import { definition, reach, readOutput, runJob, submitJob, until } from '../platform-harness.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ cores: 4, config: 'output_file_bytes = 1099511627776\n' });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const get = async (path: string) => (await platform.call('GET', path)).body;
const outputsOf = async (id: string) =>
  ((await get(`/api/v2/jobs/${id}/files/?page_size=100`)).results as Array<{ relativePath: string }>)
    .map(({ relativePath }) => relativePath)
    .sort();

describe('what a job could not keep', () => {
  const COMMAND = `echo kept > kept; mkfifo pipe; ln -s /etc/hostname outside; ln -s nowhere nothing; truncate -s 1025G core`;
  const SKIPPED = [
    { relativePath: 'core', reason: 'it is larger than outputFileBytes (1 TiB)' },
    { relativePath: 'nothing', reason: 'it is a link to nothing' },
    { relativePath: 'outside', reason: 'it is a link that leaves the work directory' },
    { relativePath: 'pipe', reason: 'it is a named pipe' },
  ];

  test('is told by the job and by its run, each with its reason, and not in the log', async () => {
    const { id, outcome } = await runJob(platform, definition(COMMAND));
    expect(outcome).toBe('success');
    const run = await get(`/api/v2/jobs/${id}/runs/1/`);
    expect(run).toMatchObject({ skippedCount: 4, skipped: SKIPPED, collecting: null });
    expect((await get(`/api/v3/jobs/${id}/runs/`)).results[0]).toEqual(run);
    const warning = `4 outputs were not kept: core (${SKIPPED[0]!.reason}), nothing (${SKIPPED[1]!.reason}), outside (${SKIPPED[2]!.reason}), and 1 more. Run 1 lists them under skipped (quarry runs show ${id} 1).`;
    for (const version of ['v2', 'v3']) {
      const answer = await platform.call('GET', `/api/${version}/jobs/${id}/`);
      expect(answer.body.warnings).toEqual([warning]);
      expect(answer.headers.get('warning')).toContain('4 outputs were not kept');
    }
    expect(await readOutput(platform, id, 'process_output.log')).not.toContain('kept:');
  });

  test('is nothing where all was kept, and only told once the job has ended', async () => {
    const kept = await runJob(platform, definition('echo x > x'));
    expect(kept).not.toHaveProperty('warnings');
    expect(await get(`/api/v2/jobs/${kept.id}/runs/1/`)).toMatchObject({ skippedCount: 0, skipped: [] });
  });

  test('is told in one sentence, whatever its names are', async () => {
    const { warnings } = await runJob(
      platform,
      definition(`mkfifo $'a\\n2 outputs' "$(printf 'n%.0s' {1..250})"`),
    );
    expect(warnings[0]).toMatch(
      /^2 outputs were not kept: "a\\n2 outputs" \(it is a named pipe\), …n{200} \(it is a named pipe\)\. Run 1/,
    );
  });

  test('is told of all runs of a sweep together', async () => {
    const variable = {
      ...{ name: 'x', variableType: 'Param', displayOrder: 0 },
      ...{ valueGeneratorType: 'Values', valueGeneratorSettings: { values: [1, 2, 3] } },
    };
    const sweep = definition('mkfifo pipe', { jobvariables: [variable] });
    const { id, warnings } = await runJob(platform, sweep);
    expect(warnings).toEqual([
      `3 outputs were not kept, of 3 runs; of run 1: pipe (it is a named pipe). Each run lists its own under skipped (quarry runs show ${id} 1).`,
    ]);
  });

  test('is that of the last attempt', async () => {
    const { id } = await runJob(platform, definition('mkfifo pipe; exit 1'));
    await until(async () => {
      const { status } = await platform.call('POST', `/api/v2/jobs/${id}/runs/rerun/`, {});
      return status === 202;
    }, 'the cluster to be gone');
    const job = await until(async () => {
      const found = await get(`/api/v2/jobs/${id}/`);
      const { attempt } = await get(`/api/v2/jobs/${id}/runs/1/`);
      return attempt === 2 && found.status === 'Completed' ? found : undefined;
    }, 'the end of the second attempt');
    expect(job.warnings).toEqual([expect.stringContaining('1 output was not kept: pipe')]);
  });
});

test('a name that is no text is kept under one that is, which tail takes as well', async () => {
  const command = `printf bytes > $'bad\\xff.txt'; mkdir $'d\\xfe'; printf more > $'d\\xfe/f'; touch '%bytes=x'; echo > ready; sleep 300`;
  const id = await submitJob(platform, definition(command));
  const run = `/api/v2/jobs/${id}/runs/1`;
  const names = ['%bytes=%25bytes=x', '%bytes=bad%FF.txt', '%bytes=d%FE/f'];
  await until(async () => (await platform.call('HEAD', `${run}/tail/ready`)).status === 200, 'the files');
  const listed = (await get(`${run}/directory-contents/`)) as Array<{ path: string; resource: string }>;
  expect(listed.map(({ path }) => path).filter((path) => path.startsWith('%'))).toEqual(names);
  for (const { resource } of listed) {
    expect((await platform.call('HEAD', resource)).status).toBe(200);
  }
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  await reach(platform, id, 'Completed');
  expect(await outputsOf(id)).toEqual([...names, 'process_output.log', 'ready'].sort());
  expect(await readOutput(platform, id, '%bytes=bad%FF.txt')).toBe('bytes');
  expect(await readOutput(platform, id, '%bytes=d%FE/f')).toBe('more');
});

test('how far the collection of outputs is can be seen, and a stop ends it', async () => {
  const id = await submitJob(platform, definition('echo small > small; truncate -s 1000G core'));
  const { collecting } = await until(async () => {
    const run = await get(`/api/v2/jobs/${id}/runs/1/`);
    return run.collecting ? run : undefined;
  }, 'the progress');
  expect(collecting).toEqual({
    files: 1,
    totalFiles: 2,
    bytes: expect.any(Number),
    totalBytes: 1000 * 1024 ** 3 + 6,
  });
  expect(collecting.bytes).toBeGreaterThan(0);
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  await reach(platform, id, 'Completed');
  const run = await get(`/api/v2/jobs/${id}/runs/1/`);
  expect(run).toMatchObject({
    ...{ outcome: 'stopped', exitCode: 0, collecting: null, skippedCount: 1 },
    failure: {
      code: 'stopped_by_user',
      message: expect.stringContaining('while its outputs were being collected'),
    },
    skipped: [{ relativePath: 'core', reason: 'the run was stopped while it was read' }],
  });
  expect(await outputsOf(id)).toEqual(['process_output.log', 'small']);
  expect((await get(`/api/v2/jobs/${id}/`)).warnings).toEqual([
    expect.stringContaining('1 output was not kept: core (the run was stopped while it was read)'),
  ]);
});

test('what a stopped job has written is collected until somebody stops it again', async () => {
  const id = await submitJob(platform, definition('echo small > small; truncate -s 1000G core; sleep 300'));
  await until(async () => {
    const { status } = await platform.call('HEAD', `/api/v2/jobs/${id}/runs/1/tail/core?lines=1`);
    return status === 200;
  }, 'the file');
  const stop = async () => (await platform.call('POST', `/api/v2/jobs/${id}/stop/`)).status;
  expect(await stop()).toBe(202);
  await until(async () => (await get(`/api/v2/jobs/${id}/runs/1/`)).collecting ?? undefined, 'the progress');
  const history = await until(async () => {
    await stop();
    const { body } = await platform.call('GET', `/api/v2/jobs/${id}/statuses/`);
    const names = (body.results as Array<{ status: string }>).map(({ status }) => status);
    return names.includes('Completed') ? names : undefined;
  }, 'the end');
  expect(history).toContain('Force Stop');
  expect(await outputsOf(id)).toEqual(['process_output.log', 'small']);
  expect((await get(`/api/v2/jobs/${id}/`)).warnings).toEqual([
    expect.stringContaining('1 output was not kept: core'),
  ]);
});
