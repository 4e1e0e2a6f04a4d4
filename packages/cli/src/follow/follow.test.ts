import { describe, expect, test } from 'vitest';
import { runQuarry } from '../../testing/run-quarry.ts';
import { page, type Route, startSmallPlatform } from '../../testing/small-platform.ts';
import { splitLines, startOfLastLines } from './line-ends.ts';

const LOG = Array.from({ length: 40 }, (_, index) => `[2026-01-05T09:00:00Z]: line ${index} äöü\n`).join('');
const BYTES = Buffer.from(LOG);

const status = (name: string, reason: string | null = null, second = 0) => ({
  id: `${name.toLowerCase().slice(0, 4)}AB`,
  status: name,
  statusDate: `2026-01-05T09:00:0${second}.000000+00:00`,
  statusReason: reason,
});

/** A job whose log grows by a piece per look and that ends after the last one. */
function growingJob({
  ranges,
  pieces,
  cutAfterBytes,
}: {
  ranges: boolean;
  pieces: number[];
  /** The first connection to the log breaks after so many bytes. */
  cutAfterBytes?: number;
}): Record<string, Route> {
  let looks = 0;
  let reads = 0;
  const written = () => pieces[Math.min(looks, pieces.length) - 1] ?? 0;
  const hasEnded = () => looks > pieces.length;
  return {
    'GET /api/v2/jobs/abcDEF/statuses/': () => {
      looks += 1;
      const ended = hasEnded() ? [status('Completed', 'Completed successfully', 2)] : [];
      return { body: page([...ended, status('Executing')]) };
    },
    'GET /api/v2/jobs/abcDEF/runs/1/tail/process_output.log': ({ headers }) => {
      if (hasEnded()) {
        return { status: 404, body: { detail: 'Not found.' } };
      }
      const start = ranges ? Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0) : 0;
      if (ranges && start > 0 && start >= written()) {
        return { status: 416, body: { detail: 'Range.' } };
      }
      reads += 1;
      return {
        status: start > 0 ? 206 : 200,
        body: BYTES.subarray(start, written()),
        ...(reads === 1 && cutAfterBytes !== undefined && { cutAfterBytes }),
      };
    },
    'GET /api/v2/jobs/abcDEF/runs/1/files/': () => ({
      body: page([
        {
          id: 'logAAA',
          name: 'process_output.log',
          relativePath: 'process_output.log',
          path: 'user/user_1/output/job_abcDEF/run1/process_output.log',
          decryptedSize: BYTES.length,
        },
      ]),
    }),
    'GET /api/v2/files/logAAA/contents/': ({ headers }) => {
      const start = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
      return { status: start > 0 ? 206 : 200, body: BYTES.subarray(start) };
    },
  };
}

describe('jobs logs --follow', () => {
  test.each([true, false])(
    'neither loses nor repeats a byte from the first line to the stored file (ranges: %s)',
    async (ranges) => {
      // One piece ends inside a line, one inside a letter.
      const pieces = [0, 10, 39, 39, 400];
      await using platform = await startSmallPlatform(growingJob({ ranges, pieces }));
      const { exitCode, stdout } = await runQuarry(['jobs', 'logs', '-f', 'abcDEF'], platform);
      expect(exitCode).toBe(0);
      expect(stdout).toBe(LOG);
    },
  );

  test.each([true, false])(
    'goes on where a connection broke, without losing or repeating a byte (ranges: %s)',
    async (ranges) => {
      const job = growingJob({ ranges, pieces: [400, BYTES.length], cutAfterBytes: 39 });
      await using platform = await startSmallPlatform(job);
      expect((await runQuarry(['jobs', 'logs', '-f', 'abcDEF'], platform)).stdout).toBe(LOG);
    },
  );

  test('begins with the last lines when told so', async () => {
    await using platform = await startSmallPlatform(
      growingJob({ ranges: true, pieces: [BYTES.length - 200] }),
    );
    const { stdout } = await runQuarry(['jobs', 'logs', '-f', '--tail', '2', 'abcDEF'], platform);
    expect(LOG.endsWith(stdout)).toBe(true);
    expect(stdout.split('\n').length).toBeLessThan(12);
    expect(stdout.endsWith('line 39 äöü\n')).toBe(true);
  });
});

describe('jobs logs', () => {
  const ended = () => growingJob({ ranges: true, pieces: [] });

  test('prints the stored file of a job that has ended', async () => {
    const routes = ended();
    routes['GET /api/v2/jobs/abcDEF/runs/1/tail/process_output.log'] = () => ({ status: 404, body: {} });
    await using platform = await startSmallPlatform(routes);
    expect((await runQuarry(['jobs', 'logs', 'abcDEF'], platform)).stdout).toBe(LOG);
    const tail = await runQuarry(['jobs', 'logs', '--tail', '3', 'abcDEF', '--json'], platform);
    expect(JSON.parse(tail.stdout)).toEqual({
      job: 'abcDEF',
      run: '1',
      lines: LOG.trimEnd().split('\n').slice(-3),
    });
  });

  test('goes on where a connection broke', async () => {
    const pieces = [BYTES.length, BYTES.length];
    await using platform = await startSmallPlatform(growingJob({ ranges: true, pieces, cutAfterBytes: 39 }));
    // It grows with each look at the statuses.
    await fetch(`${platform.url}/api/v2/jobs/abcDEF/statuses/`);
    expect((await runQuarry(['jobs', 'logs', 'abcDEF'], platform)).stdout).toBe(LOG);
  });

  test('takes the last lines from the end, of which it holds no more than it needs, and says what it cut', async () => {
    const sizeBytes = 40 * 1024 * 1024;
    const bytes = Buffer.alloc(sizeBytes, 'x');
    bytes.write('\nlast line\n', sizeBytes - 11);
    let sentBytes = 0;
    await using platform = await startSmallPlatform({
      'GET /api/v2/jobs/abcDEF/runs/1/tail/process_output.log': ({ headers }) => {
        const last = Number(/^bytes=-(\d+)$/.exec(headers.range ?? '')![1]);
        sentBytes += last;
        const range = `bytes ${sizeBytes - last}-${sizeBytes - 1}/${sizeBytes}`;
        return { status: 206, headers: { 'content-range': range }, body: bytes.subarray(sizeBytes - last) };
      },
    });
    const one = await runQuarry(['jobs', 'logs', '--tail', '1', 'abcDEF'], platform);
    expect([one.stdout, one.stderr, sentBytes]).toEqual(['last line\n', '', 256]);
    const two = await runQuarry(['jobs', 'logs', '--tail', '2', 'abcDEF'], platform);
    expect(two.stdout.length).toBe(16 * 1024 * 1024);
    expect(two.stderr).toContain('The last 2 lines are longer than 16.0 MiB');
  });

  test('counts what programs show of their progress as lines, and leaves their bytes alone', async () => {
    await using platform = await startSmallPlatform({
      'GET /api/v2/jobs/abcDEF/runs/1/tail/process_output.log': () => ({
        body: Buffer.from('begin\n10%\r20%\r30%\r\nend\n'),
      }),
    });
    const logs = (...options: string[]) => runQuarry(['jobs', 'logs', 'abcDEF', ...options], platform);
    expect((await logs()).stdout).toBe('begin\n10%\r20%\r30%\r\nend\n');
    expect((await logs('--tail', '3')).stdout).toBe('20%\r30%\r\nend\n');
    expect(JSON.parse((await logs('--json')).stdout).lines).toEqual(['begin', '10%', '20%', '30%', 'end']);
  });

  test('refuses a log that is too large for one JSON value', async () => {
    const routes = growingJob({ ranges: true, pieces: [1] });
    routes['GET /api/v2/jobs/abcDEF/runs/1/tail/process_output.log'] = () => ({
      body: Buffer.alloc(16 * 1024 * 1024 + 1),
    });
    await using platform = await startSmallPlatform(routes);
    const { exitCode, stdout, stderr } = await runQuarry(['jobs', 'logs', 'abcDEF', '--json'], platform);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(JSON.parse(stderr).error.hint).toContain('--tail');
  });

  test('says that a job does not exist, with exit code 4', async () => {
    await using platform = await startSmallPlatform({});
    const { exitCode, stderr } = await runQuarry(['jobs', 'logs', 'nobody'], platform);
    expect(exitCode).toBe(4);
    expect(stderr).toContain('Not found.');
  });
});

describe('startOfLastLines()', () => {
  test.each([
    ['a\nb\nc\n', 2, 2],
    ['a\nb\nc', 2, 2],
    ['a\nb\n', 2, null],
    ['a\nb\n', 5, null],
    ['', 1, null],
    ['10%\r20%\r30%', 2, 4],
    ['10%\r20%\r', 1, 4],
    ['a\r\nb\r\n', 1, 3],
    ['a\r\nb\r\n', 2, null],
    ['a\r\r\nb', 2, 2],
    ['\n', 1, null],
    ['\r\n', 1, null],
  ])('in %j the last %i lines begin at %j', (text, lines, start) => {
    expect(startOfLastLines(Buffer.from(text), lines)).toBe(start);
  });
});

test('splitLines() takes each kind of line end for one', () => {
  expect(splitLines('a\r\nb\rc\n\nd')).toEqual(['a', 'b', 'c', '', 'd']);
  expect(splitLines('a\n')).toEqual(['a']);
  expect(splitLines('')).toEqual([]);
});

describe('jobs watch', () => {
  const ending = (reason: string, job: object): Record<string, Route> => {
    let looks = 0;
    return {
      'GET /api/v2/jobs/abcDEF/statuses/': () => {
        looks += 1;
        const rows = [status('Completed', reason, 9), status('Executing', null, 1), status('Queued')];
        return { body: page(rows.slice(Math.max(0, 3 - looks))) };
      },
      'GET /api/v2/jobs/abcDEF/': () => ({ body: { id: 'abcDEF', name: 'wing', ...job } }),
    };
  };
  const failure = {
    code: 'command_failed',
    message: 'The command ended with exit code 3.',
    hint: 'Read its log.',
  };

  test.each([
    ['success', 'Completed successfully', null, 0],
    ['failed', 'A run failed', failure, 8],
    ['stopped', 'Stopped by user', failure, 9],
    ['walltime_exceeded', 'A run failed', failure, 9],
  ])('ends with the exit code of outcome %s', async (outcome, reason, why, expected) => {
    await using platform = await startSmallPlatform(ending(reason, { outcome, failure: why }));
    const { exitCode, stdout } = await runQuarry(['jobs', 'watch', 'abcDEF', '--json'], platform);
    expect(exitCode).toBe(expected);
    expect(JSON.parse(stdout)).toMatchObject({ id: 'abcDEF', outcome, failure: why, durationSeconds: 9 });
  });

  test('tells apart how long a job was held and how long it took', async () => {
    const rows = [
      status('Completed', 'Completed successfully', 9),
      status('Executing', null, 6),
      status('Queued', null, 5),
      status('Waiting for Queue', 'Starts after another job', 1),
    ];
    await using platform = await startSmallPlatform({
      ...ending('Completed successfully', { outcome: 'success', failure: null }),
      'GET /api/v2/jobs/abcDEF/statuses/': () => ({ body: page(rows) }),
    });
    const shown = await runQuarry(['jobs', 'watch', 'abcDEF'], platform);
    expect(shown.stdout).toMatch(/completed successfully after 4 ?s\. It was held for 4 ?s before that\.\n/);
    const { stdout } = await runQuarry(['jobs', 'watch', 'abcDEF', '--json'], platform);
    expect(JSON.parse(stdout)).toMatchObject({ durationSeconds: 8, heldSeconds: 4 });
  });

  test('waits at a platform that can, from the newest status it knows', async () => {
    const waits: Array<string | null> = [];
    await using platform = await startSmallPlatform({
      ...ending('Completed successfully', { outcome: 'success', failure: null }),
      'GET /api/v2/server/': () => ({ body: { features: ['status-wait'] } }),
      'GET /api/v2/jobs/abcDEF/statuses/': ({ url }) => {
        const since = url.searchParams.get('since');
        if (url.searchParams.has('wait')) {
          waits.push(since);
        }
        const rows = [status('Completed', 'Completed successfully', 9), status('Executing', null, 1)];
        return { body: page(since === 'execAB' ? rows : rows.slice(1)) };
      },
    });
    const { exitCode, stderr } = await runQuarry(['jobs', 'watch', 'abcDEF'], platform);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/Executing(.|\n)*Completed/);
    expect(waits[0]).toBe('execAB');
  });

  test('tells success from failure on a platform that has no outcome', async () => {
    await using platform = await startSmallPlatform(ending('A run failed', {}));
    const { exitCode, stdout } = await runQuarry(['jobs', 'watch', 'abcDEF'], platform);
    expect(exitCode).toBe(8);
    expect(stdout).toContain('A run failed');
    expect(stdout).not.toContain('Cost');
  });

  test('shows each status once, and why a job waits', async () => {
    const waiting = { code: 'cores', message: 'All cores are in use.', position: 2 };
    await using platform = await startSmallPlatform(
      ending('Completed successfully', { outcome: 'success', waiting }),
    );
    const { stderr } = await runQuarry(['jobs', 'watch', 'abcDEF'], platform);
    expect(stderr.replaceAll(/\d\d:\d\d:\d\d/g, 'TIME')).toBe(
      'TIME  Queued\nAll cores are in use. (place 2 in the queue)\nTIME  Executing\n' +
        'TIME  Completed  Completed successfully\n',
    );
  });

  test('goes on after an answer that a platform gives while it is away', async () => {
    const routes = ending('Completed successfully', { outcome: 'success' });
    const answer = routes['GET /api/v2/jobs/abcDEF/statuses/']!;
    let looks = 0;
    routes['GET /api/v2/jobs/abcDEF/statuses/'] = (request) =>
      // 501, unlike 503, is not repeated by the SDK, which would take its time.
      ++looks === 2 ? { status: 501, body: { detail: 'Away.' } } : answer(request);
    await using platform = await startSmallPlatform(routes);
    const { exitCode, stderr } = await runQuarry(['jobs', 'watch', 'abcDEF'], platform);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/Queued\n.*The platform does not answer.*\n.*Executing\n/);
  });

  test('refuses a job that was never submitted', async () => {
    await using platform = await startSmallPlatform({
      'GET /api/v2/jobs/abcDEF/statuses/': () => ({ body: page([]) }),
    });
    const { exitCode, stderr } = await runQuarry(['jobs', 'watch', 'abcDEF'], platform);
    expect(exitCode).toBe(5);
    expect(stderr).toContain('quarry jobs submit --saved abcDEF');
  });

  test('ends with 130 when interrupted, and says that the job goes on', async () => {
    const controller = new AbortController();
    await using platform = await startSmallPlatform({
      'GET /api/v2/jobs/abcDEF/statuses/': () => {
        setImmediate(() => controller.abort());
        return { body: page([status('Executing')]) };
      },
    });
    const options = { ...platform, signal: controller.signal };
    const { exitCode, stderr } = await runQuarry(['jobs', 'watch', 'abcDEF'], options);
    expect(exitCode).toBe(130);
    expect(stderr).toContain('The job goes on.');
  });
});
