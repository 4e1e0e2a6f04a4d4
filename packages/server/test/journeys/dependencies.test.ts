import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import { addUser, definition, reach, runJob, saveJob, submitJob, until } from '../platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 8 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

type On = 'success' | 'failure' | 'any';
const call = (method: string, path: string, body?: unknown, key?: string) =>
  platform.call(method, `/api/v2/jobs/${path}`, body, key);
const get = async (id: string) => (await call('GET', `${id}/`)).body;
const after = (jobId: string, on?: On) => ({ jobId, ...(on && { on }) });
/** Submits a job that starts after others. */
const submitAfter = (others: object[], command = 'true', change: object = {}) =>
  submitJob(platform, definition(command, { after: others, ...change }));
/** A job that goes on until it is stopped. */
async function start(): Promise<string> {
  const id = await submitJob(platform, definition('sleep 300'));
  await reach(platform, id, 'Executing');
  return id;
}
const stop = (id: string) => call('POST', `${id}/stop/`);
const ended = async (id: string) => {
  await reach(platform, id, 'Completed');
  return get(id);
};
const clusterStopped = (id: string) =>
  until(async () => {
    const { body } = await call('GET', `${id}/cluster_statuses/`);
    return body.results[0].status === 'Stopped';
  }, 'the end of the cluster');

const COMMANDS = { success: 'true', failed: 'false' };
const MET: Record<On, string[]> = {
  success: ['success'],
  failure: ['failed', 'stopped'],
  any: ['success', 'failed', 'stopped'],
};

describe('a job that starts after another one', () => {
  test('waits and says for which, and starts when that has ended', async () => {
    const mesh = await submitJob(platform, definition('sleep 300', { name: 'mesh' }));
    const solve = await submitAfter([after(mesh, 'any')], 'echo solved');
    expect(await get(solve)).toMatchObject({
      status: 'Waiting for Queue',
      outcome: null,
      waiting: {
        code: 'waiting_for_jobs',
        message: `It starts when job ${mesh} (mesh) has ended.`,
        position: null,
      },
      after: [{ jobId: mesh, on: 'any', fulfilled: null, name: 'mesh' }],
    });
    await stop(mesh);
    const history = await reach(platform, solve, 'Completed');
    expect(history.filter((row) => row !== 'Waiting for Cluster')).toEqual([
      ...['Pending', 'Waiting for Queue', 'Queued', 'Started', 'Validated', 'Executing'],
      'Completed (Completed successfully)',
    ]);
    expect(await get(solve)).toMatchObject({
      waiting: null,
      after: [{ fulfilled: true, status: 'Completed' }],
    });
  });

  const cases = (['success', 'failure', 'any'] as const).flatMap((on) =>
    ['success', 'failed', 'stopped'].flatMap((end) =>
      ['before', 'after'].map((when) => [on, end, when] as const),
    ),
  );
  test.each(cases)(
    'on %s of a job that ends as %s %s it is submitted: starts or ends in words',
    async (on, end, when) => {
      const command = COMMANDS[end as keyof typeof COMMANDS] ?? 'sleep 300';
      const first =
        when === 'before' || end === 'stopped'
          ? await submitJob(platform, definition(command))
          : await saveJob(platform, definition(command));
      const finish = async () => {
        if (when === 'after' && end !== 'stopped') {
          expect((await call('POST', `${first}/submit/`)).status).toBe(200);
        }
        if (end === 'stopped') {
          await stop(first);
        }
        expect((await ended(first)).outcome).toBe(end);
      };
      if (when === 'before') {
        await finish();
      }
      const second = await submitAfter([after(first, on)]);
      if (when === 'after') {
        await finish();
      }
      const { outcome, failure, after: shown } = await ended(second);
      const isMet = MET[on].includes(end);
      expect([outcome, shown[0].fulfilled]).toEqual([isMet ? 'success' : 'failed', isMet]);
      if (!isMet) {
        expect(failure).toEqual({
          code: 'dependency_not_met',
          message: `Job ${first} (a job) ended as ${end}, and this job was to start after its ${on}.`,
          hint: expect.stringContaining('quarry runs rerun'),
        });
        const history = await reach(platform, second, 'Completed');
        expect(history.slice(-2)).toEqual([
          `Stopping (${failure.message})`,
          `Completed (${failure.message})`,
        ]);
        await clusterStopped(second);
      }
    },
  );

  test('that nobody submits is told of it, and ends when that one is deleted', async () => {
    const idle = await saveJob(platform, definition('true', { name: 'idle' }));
    const waiting = await submitAfter([after(idle)]);
    expect((await get(waiting)).waiting.message).toBe(
      `It starts when job ${idle} (idle) has ended in success. Job ${idle} has not been submitted yet.`,
    );
    const saved = await saveJob(platform, definition('true', { after: [after(idle, 'any')] }));
    expect((await call('DELETE', `${idle}/`)).status).toBe(204);
    const { failure, after: shown } = await ended(waiting);
    expect(failure).toMatchObject({
      code: 'dependency_deleted',
      message: expect.stringContaining(`${idle} (idle) was deleted before it was submitted`),
    });
    expect(shown).toEqual([{ jobId: idle, on: 'success', fulfilled: false, name: null, status: null }]);
    expect((await call('POST', `${saved}/submit/`)).status).toBe(200);
    expect((await ended(saved)).failure.code).toBe('dependency_deleted');
  });

  test('starts although that one was deleted after its end', async () => {
    const { id: first } = await runJob(platform);
    const second = await saveJob(platform, definition('true', { after: [after(first)] }));
    await call('DELETE', `${first}/`);
    await call('POST', `${second}/submit/`);
    expect((await ended(second)).outcome).toBe('success');
  });

  test('can be stopped while it waits, and what is to start after it learns of that', async () => {
    const first = await start();
    const second = await submitAfter([after(first)]);
    const third = await submitAfter([after(second)]);
    const cleanup = await submitAfter([after(second, 'failure')]);
    expect((await call('DELETE', `${second}/`)).body.code).toBe('job_running');
    await stop(second);
    expect((await ended(second)).outcome).toBe('stopped');
    expect((await ended(third)).failure.code).toBe('dependency_not_met');
    expect((await ended(cleanup)).outcome).toBe('success');
    expect((await get(first)).status).toBe('Executing');
    await stop(first);
  });

  test('starts when the last of several has ended, and not before', async () => {
    const [first, second] = [await start(), await start()];
    const { id: done } = await runJob(platform);
    const job = await submitAfter([after(first, 'any'), after(done), after(second, 'any')]);
    expect((await get(job)).waiting.message).toMatch(/has ended, and 1 more job has ended as it asks\.$/);
    await stop(first);
    await until(async () => (await get(job)).waiting.message.includes(second), 'another reason');
    expect((await get(job)).after.map((each: { fulfilled: boolean }) => each.fulfilled)).toEqual([
      true,
      true,
      null,
    ]);
    await stop(second);
    expect((await ended(job)).outcome).toBe('success');
  });

  test('ends with the first that makes it impossible, and the rest of a chain with it', async () => {
    const [first, other] = [await start(), await start()];
    const ids = [await submitAfter([after(first), after(other)])];
    for (let length = 1; length < 30; length++) {
      ids.push(await submitAfter([after(ids.at(-1)!)]));
    }
    await stop(first);
    const last = await ended(ids.at(-1)!);
    expect(last.failure.message).toContain(`${ids.at(-2)} (a job) ended as failed`);
    for (const id of ids) {
      expect((await get(id)).outcome).toBe('failed');
    }
    await stop(other);
  });

  test('goes on waiting over a crash, and learns what happened meanwhile', async () => {
    const [early, late] = [await submitJob(platform, definition('sleep 2')), await start()];
    const afterEarly = await submitAfter([after(early)]);
    const afterLate = await submitAfter([after(late, 'any')]);
    await platform.kill();
    await platform.restart();
    expect((await ended(afterEarly)).outcome).toBe('success');
    expect((await get(afterLate)).status).toBe('Waiting for Queue');
    await platform.kill();
    await platform.restart();
    await stop(late);
    expect((await ended(afterLate)).outcome).toBe('success');
  });

  test('is no part of a clone, which starts when it is submitted', async () => {
    const first = await start();
    const second = await submitAfter([after(first)]);
    const { body } = await call('POST', `${second}/clone/`, {});
    expect(body.after).toEqual([]);
    await call('POST', `${body.id}/submit/`);
    expect((await ended(body.id)).outcome).toBe('success');
    await stop(first);
  });

  test('is run again only when the other was, and waits for it once more', async () => {
    const first = await start();
    await stop(first);
    await ended(first);
    const second = await submitAfter([after(first)]);
    await ended(second);
    await clusterStopped(second);
    const refused = await call('POST', `${second}/runs/rerun/`);
    expect([refused.status, refused.body.code]).toEqual([409, 'dependency_not_met']);
    expect((await get(second)).status).toBe('Completed');

    const rerun = async (id: string) => (await call('POST', `${id}/runs/rerun/`)).status;
    expect([await rerun(first), await rerun(second)]).toEqual([202, 202]);
    expect(await get(second)).toMatchObject({
      status: 'Waiting for Queue',
      waiting: { code: 'waiting_for_jobs' },
      after: [{ fulfilled: null }],
    });
    await stop(first);
    await until(async () => (await get(second)).outcome === 'failed', 'the second end of the second');
  });

  test('is left as it is when the other is executed again, and waits for that when it is executed again itself', async () => {
    const first = await start();
    const second = await submitAfter([after(first, 'any')], 'echo solved');
    const other = await start();
    const third = await submitAfter([after(first, 'any'), after(other, 'any')]);
    await stop(first);
    expect((await ended(second)).outcome).toBe('success');
    await until(async () => (await get(third)).after[0].fulfilled === true, 'the end of the first');
    const rerun = async (id: string) => (await call('POST', `${id}/runs/rerun/`, { runs: ['1'] })).status;
    await clusterStopped(first);
    expect(await rerun(first)).toBe(202);
    await until(async () => (await get(first)).status === 'Executing', 'the first again');
    expect(await get(second)).toMatchObject({ status: 'Completed', after: [{ fulfilled: true }] });

    // The end that came first is the one that counts for a job that has not started.
    await stop(other);
    expect((await ended(third)).outcome).toBe('success');
    expect((await get(first)).status).toBe('Executing');

    await clusterStopped(second);
    expect(await rerun(second)).toBe(202);
    expect(await get(second)).toMatchObject({
      status: 'Waiting for Queue',
      waiting: { code: 'waiting_for_jobs', message: expect.stringContaining(first) },
      after: [{ fulfilled: null }],
    });
    await stop(first);
    await until(async () => (await get(second)).outcome === 'success', 'the second again');
    expect(await get(second)).toMatchObject({ after: [{ fulfilled: true }] });
    expect((await call('GET', `${second}/runs/1/`)).body.attempt).toBe(2);
  });

  test('of a sweep starts when all runs have ended', async () => {
    const variable = {
      name: 'x',
      variableType: 'Param',
      displayOrder: 0,
      valueGeneratorType: 'Values',
      valueGeneratorSettings: { values: ['1', '2', '3'] },
    };
    const sweep = await submitJob(platform, definition('sleep 0.2', { jobvariables: [variable] }));
    const report = await submitAfter([after(sweep)], 'true', { jobvariables: [variable] });
    await ended(report);
    const [swept, reported] = [await get(sweep), await get(report)];
    expect([swept.progress, reported.progress]).toEqual([
      { runs: 3, ended: 3, failed: 0 },
      { runs: 3, ended: 3, failed: 0 },
    ]);
  });
});

describe('what a job is to start after', () => {
  test.each<[string, () => Promise<object[]>, object]>([
    [
      'a job that is not there',
      async () => [after('AbSent')],
      [{ jobId: [expect.stringContaining('"AbSent"')] }],
    ],
    [
      'a job of somebody else',
      async () => {
        const other = await addUser(platform, 'other@lab.example');
        return [after(await saveJob(platform, definition(), other.key))];
      },
      [{}],
    ],
    [
      'a job twice',
      async () => {
        const id = await saveJob(platform);
        return [after(id), after(id, 'failure')];
      },
      [{}, { jobId: [expect.stringContaining('twice')] }],
    ],
    [
      'a deleted job',
      async () => {
        const id = await saveJob(platform);
        await call('DELETE', `${id}/`);
        return [after(id)];
      },
      [{ jobId: [expect.stringContaining('no job')] }],
    ],
    [
      'no condition that there is',
      async () => [{ jobId: 'AbCdEf', on: 'end' }],
      [{ on: [expect.stringContaining('success, failure, any')] }],
    ],
    ['nothing', async () => [{}], [{ jobId: [expect.stringContaining('required')] }]],
    [
      'a place in a bulk request outside of one',
      async () => [after('#0')],
      [{ jobId: [expect.stringContaining('bulk')] }],
    ],
    [
      'too many',
      async () => Array.from({ length: 1001 }, (_, index) => after(`job${index}`)),
      [expect.stringContaining('1000')],
    ],
  ])('is refused in words: %s', async (what, make, words) => {
    const others = await make();
    // The owner of the platform is an administrator, who may name any job.
    const key =
      what === 'a job of somebody else' ? (await addUser(platform, 'third@lab.example')).key : undefined;
    const { status, body } = await call('POST', '', definition('true', { after: others }), key);
    const expected = key === undefined ? words : [{ jobId: [expect.stringContaining('that you may see')] }];
    expect([status, body.after]).toEqual([400, expected]);
  });

  test('cannot become a circle, however long', async () => {
    const first = await saveJob(platform);
    const second = await saveJob(platform, definition('true', { after: [after(first)] }));
    const third = await saveJob(platform, definition('true', { after: [after(second, 'any')] }));
    for (const id of [first, second, third]) {
      const { status, body } = await call('PATCH', `${first}/`, { after: [after(id)] });
      expect([status, body.after]).toEqual([400, [expect.stringContaining('none of them could ever start')]]);
    }
    expect((await get(first)).after).toEqual([]);
    // Of two that would close it together, one is refused.
    const [a, b] = [await saveJob(platform), await saveJob(platform)];
    const answers = await Promise.all([
      call('PATCH', `${a}/`, { after: [after(b)] }),
      call('PATCH', `${b}/`, { after: [after(a)] }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  test('can be changed until the job is submitted, and goes back as it was answered', async () => {
    const first = await start();
    const id = await saveJob(platform, definition('true', { after: [after(first)] }));
    const { body: again } = await call('POST', '', await get(id));
    expect([again.after, again.warnings]).toEqual([
      [expect.objectContaining({ jobId: first, on: 'success' })],
      undefined,
    ]);
    expect((await call('PATCH', `${id}/`, { after: [after(first, 'any')] })).body.after[0].on).toBe('any');
    await call('POST', `${id}/submit/`);
    const late = await call('PATCH', `${id}/`, { after: null });
    expect([late.status, late.body.warnings]).toEqual([200, [expect.stringContaining('after')]]);
    expect(late.body.after).toHaveLength(1);
    await stop(first);
    expect((await ended(id)).outcome).toBe('success');
  });

  test('may be earlier jobs of the same bulk request', async () => {
    const jobs = [
      definition('sleep 300', { name: 'mesh' }),
      definition('true', { name: 'solve', after: [after('#0', 'any')] }),
      definition('true', { name: 'plot', after: [after('#0', 'any'), after('#1')] }),
    ];
    const { status, body } = await call('POST', 'bulk/', { jobs, submit: true });
    expect(status).toBe(201);
    const [mesh, solve, plot] = body.jobs.map(({ id }: { id: string }) => id);
    expect((await get(plot)).after.map((each: { jobId: string }) => each.jobId)).toEqual([mesh, solve]);
    await stop(mesh);
    expect((await ended(plot)).outcome).toBe('success');
    for (const wrong of ['#1', '#2', '#9']) {
      const refused = await call('POST', 'bulk/', {
        jobs: [definition(), definition('true', { after: [after(wrong)] })],
      });
      expect([refused.status, refused.body.jobs]).toEqual([
        400,
        [{}, { after: [{ jobId: [expect.stringContaining('earlier ones')] }] }],
      ]);
    }
  });
});
