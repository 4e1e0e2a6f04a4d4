import { NotFoundError, TimeoutError } from '@quarry/sdk';
import { describe, expect, test } from 'vitest';
import { type Answer, json, startDouble } from './platform-double.ts';

type Row = { status: string; statusReason?: string | null };

/** A platform whose job goes through `stages`, one at each look; `job` is what GET answers at the end. */
function platformWith(stages: Row[][], job: object = { id: 'abcdef' }): Answer {
  let look = 0;
  return (request, response) => {
    if (!request.url.includes('statuses')) {
      return json(response, 200, job);
    }
    const rows = stages[Math.min(look++, stages.length - 1)]!;
    const results = rows
      .map((row, index) => ({
        statusReason: null,
        ...row,
        statusDate: `2026-01-05T09:00:0${index}.000000+00:00`,
      }))
      .toReversed();
    json(response, 200, { count: results.length, next: null, previous: null, results });
  };
}

const pending = { status: 'Pending' };
const executing = { status: 'Executing' };
const success = { status: 'Completed', statusReason: 'Completed successfully' };

describe('wait', () => {
  test('success is Completed for that reason without Stopping, by statuses alone', async () => {
    await using platform = await startDouble(
      platformWith([[pending], [pending, executing], [pending, executing, success]]),
    );
    const seen: string[] = [];
    const result = await platform.client().jobs.wait('abcdef', {
      intervalMs: 5,
      onStatus: ({ status }) => seen.push(status),
    });
    expect(result).toMatchObject({ outcome: 'success', failure: null, job: { id: 'abcdef' } });
    expect(result.statuses.map(({ status }) => status)).toEqual(['Completed', 'Executing', 'Pending']);
    expect(seen).toEqual(['Pending', 'Executing', 'Completed']);
  });

  test('a failed job resolves with the reason', async () => {
    const stopping = { status: 'Stopping', statusReason: 'A run failed' };
    await using platform = await startDouble(
      platformWith([[pending, executing, stopping, { status: 'Completed', statusReason: null }]]),
    );
    const result = await platform.client().jobs.wait('abcdef');
    expect(result.outcome).toBe('failed');
    expect(result.failure).toMatchObject({ code: 'job_failed', message: 'A run failed' });
  });

  test('Completed successfully after Stopping is no success', async () => {
    await using platform = await startDouble(platformWith([[pending, { status: 'Stopping' }, success]]));
    expect((await platform.client().jobs.wait('abcdef')).outcome).toBe('failed');
  });

  test('a job that runs again is waited for until its second end, and the first one does not count', async () => {
    const first = [
      pending,
      executing,
      { status: 'Stopping' },
      { status: 'Completed', statusReason: 'A run failed' },
    ];
    await using platform = await startDouble(
      platformWith([
        [...first, pending],
        [...first, pending, executing, success],
      ]),
    );
    const result = await platform.client().jobs.wait('abcdef', { intervalMs: 5 });
    expect(result).toMatchObject({ outcome: 'success', failure: null });
    expect(result.statuses.map(({ status }) => status)).toEqual(['Completed', 'Executing', 'Pending']);
  });

  test('the outcome of the platform counts more than the reasons', async () => {
    const failure = { code: 'walltime', message: 'Stopped after 1 hour.', hint: 'Allow more.' };
    const job = { id: 'abcdef', outcome: 'walltime_exceeded', failure };
    await using platform = await startDouble(platformWith([[pending, success]], job));
    expect(await platform.client().jobs.wait('abcdef')).toMatchObject({
      outcome: 'walltime_exceeded',
      failure,
    });
  });

  test('a platform that is away for a while is waited for', async () => {
    const answer = platformWith([[pending], [pending, success]]);
    await using platform = await startDouble((request, response, count) =>
      count === 1 || count === 2
        ? json(response, 503, { detail: 'Restarting.' })
        : answer(request, response, count),
    );
    const result = await platform.client({ maxRetries: 0 }).jobs.wait('abcdef', { intervalMs: 5 });
    expect(result.outcome).toBe('success');
  });

  test('a job that does not exist ends the wait at once', async () => {
    await using platform = await startDouble((_request, response) =>
      json(response, 404, { detail: 'Not found.' }),
    );
    await expect(platform.client().jobs.wait('abcdef')).rejects.toThrow(NotFoundError);
  });

  test('a wait longer than its limit says the last status and that the job goes on', async () => {
    await using platform = await startDouble(platformWith([[pending, executing]]));
    const error = await platform
      .client()
      .jobs.wait('abcdef', { intervalMs: 5, timeoutMs: 50 })
      .catch((e) => e);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toContain('its last status is Executing');
    expect(error.hint).toContain('goes on');
  });

  test('an abort ends a wait with its reason', async () => {
    await using platform = await startDouble(platformWith([[pending]]));
    const abort = new AbortController();
    const waiting = platform
      .client()
      .jobs.wait('abcdef', { signal: abort.signal, onStatus: () => abort.abort('enough') });
    await expect(waiting).rejects.toBe('enough');
  });

  test('the pauses grow while nothing changes', async () => {
    const looks: number[] = [];
    const answer = platformWith([[pending], [pending], [pending], [pending], [pending, success]]);
    await using platform = await startDouble((request, response, count) => {
      looks.push(performance.now());
      return answer(request, response, count);
    });
    await platform.client().jobs.wait('abcdef', { intervalMs: 60 });
    const pauses = looks.slice(1, 5).map((at, index) => at - looks[index]!);
    expect(pauses[3]!).toBeGreaterThan(pauses[0]! * 1.5);
  });
});

describe('clone', () => {
  const original = {
    id: 'abcdef',
    name: 'pi',
    owner: 'ann@lab.example',
    dateInserted: '2026-01-05T09:00:00.120000Z',
    projectId: null,
    isLowPriority: true,
    expectedRuns: 1,
    paramFile: { id: 'paramf', name: 'p.csv' },
    jobanalyses: [
      {
        analysis: { code: 'miniconda', name: 'Miniconda', version: '4.8.4', versionName: '4.8.4' },
        command: 'python calculate_pi.py range.inp',
        envVars: { TERMS: '10' },
        hardware: {
          coreType: { code: 'granite', name: 'Granite' },
          coresPerSlot: 2,
          slots: 1,
          walltime: null,
          type: 'compute',
          coreSummary: {},
        },
        inputFiles: [{ id: 'inputf', name: 'range.inp', decompress: false, decryptedSize: 4 }],
        templateTasks: [{ processedFilename: 'x.inp', templateFile: { id: 'templf', name: 'x' } }],
        preProcessScript: null,
      },
    ],
  };

  test('the platform clones where it can', async () => {
    await using platform = await startDouble((_request, response) => json(response, 201, { id: 'clonee' }));
    expect((await platform.client().jobs.clone('abcdef', { name: 'again' })).id).toBe('clonee');
    expect(platform.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /api/v2/jobs/abcdef/clone/',
    ]);
    expect(JSON.parse(String(platform.asked[0]?.body))).toEqual({ name: 'again' });
  });

  test.each([404, 405])('where it answers %i, the definition is read and created again', async (status) => {
    await using platform = await startDouble((request, response) => {
      if (request.url.endsWith('/clone/')) {
        json(response, status, { detail: 'No.' });
      } else if (request.method === 'GET') {
        json(response, 200, original);
      } else {
        json(response, 201, { id: 'clonee' });
      }
    });
    expect((await platform.client().jobs.clone('abcdef')).id).toBe('clonee');
    expect(JSON.parse(String(platform.asked.at(-1)?.body))).toEqual({
      name: 'pi',
      isLowPriority: true,
      clonedFrom: 'abcdef',
      paramFile: { id: 'paramf' },
      jobanalyses: [
        {
          analysis: { code: 'miniconda', version: '4.8.4' },
          command: 'python calculate_pi.py range.inp',
          envVars: { TERMS: '10' },
          hardware: { coreType: 'granite', coresPerSlot: 2, slots: 1, type: 'compute' },
          inputFiles: [{ id: 'inputf', decompress: false }],
          templateTasks: [{ processedFilename: 'x.inp', templateFile: { id: 'templf' } }],
        },
      ],
    });
  });

  test('a job that does not exist is not created', async () => {
    await using platform = await startDouble((_request, response) =>
      json(response, 404, { detail: 'Not found.' }),
    );
    await expect(platform.client().jobs.clone('abcdef')).rejects.toThrow(NotFoundError);
    expect(platform.asked.some(({ method, url }) => method === 'POST' && url === '/api/v2/jobs/')).toBe(
      false,
    );
  });
});
