import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { definition, reach, runJob, saveJob, submitJob, uploadFile } from './platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 16 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown) => platform.call(method, `/api/v2/${path}`, body);
const get = async (path: string) => (await call('GET', path)).body;

describe('submit', () => {
  test('at the same moment from twenty sides starts a job once', async () => {
    const id = await saveJob(platform);
    const answers = await Promise.all(Array.from({ length: 20 }, () => call('POST', `jobs/${id}/submit/`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      200,
      ...Array.from({ length: 19 }, () => 400),
    ]);
    for (const { status, body } of answers) {
      if (status === 200) {
        expect(body).toBeUndefined();
      } else {
        expect(body).toMatchObject({
          detail: expect.stringContaining('started'),
          code: 'job_started',
          hint: expect.stringContaining('clone'),
        });
      }
    }
    const history = await reach(platform, id, 'Completed');
    expect(history.filter((row) => row === 'Pending')).toHaveLength(1);
    expect((await get(`jobs/${id}/runs/`)).count).toBe(1);
  });

  test.each([undefined, {}, { waiveSla: true }, [1], 'text'])('takes %j as its body', async (body) => {
    const id = await saveJob(platform);
    expect((await call('POST', `jobs/${id}/submit/`, body)).status).toBe(200);
  });

  test('of a job that has ended is refused with the word that clients look for', async () => {
    const { id } = await runJob(platform);
    const { status, body } = await call('POST', `jobs/${id}/submit`);
    expect([status, body.detail]).toEqual([400, expect.stringMatching(/already started.*Completed/)]);
  });

  test('while the definition changes runs what was last answered to be saved', async () => {
    for (let round = 0; round < 5; round++) {
      const id = await saveJob(platform, definition('echo before'));
      const [patch] = await Promise.all([
        call('PATCH', `jobs/${id}/`, definition('echo after')),
        call('POST', `jobs/${id}/submit/`),
      ]);
      expect(patch.status).toBe(200);
      const { jobanalyses } = await get(`jobs/${id}/`);
      expect(patch.body.jobanalyses[0].command).toBe(jobanalyses[0].command);
      expect(jobanalyses[0].command === 'echo before').toBe(patch.body.warnings !== undefined);
    }
  });
});

describe('switches of other platforms', () => {
  test('igCv leaves out Validated, whichever tile has it, and is answered as it was sent', async () => {
    const checked = await submitJob(platform, definition('true', {}, { flags: { igCv: false, own: 1 } }));
    expect(await reach(platform, checked, 'Completed')).toContain('Validated');
    const unchecked = await submitJob(platform, definition('true', {}, { flags: { igCv: 'true' } }));
    expect(await reach(platform, unchecked, 'Completed')).not.toContain('Validated');
    expect((await get(`jobs/${checked}/`)).jobanalyses[0].flags).toEqual({ igCv: false, own: 1 });
    expect((await get(`jobs/${unchecked}/`)).jobanalyses[0].flags).toEqual({ igCv: true });
  });

  test('that would keep a cluster are accepted, and told to have no effect', async () => {
    const create = async (change: object, tile: object = {}) =>
      (await call('POST', 'jobs/', definition('true', change, tile))).body.warnings;
    expect(await create({ autoTerminateCluster: true }, { flags: { runForever: false } })).toBeUndefined();
    expect(await create({ autoTerminateCluster: null })).toBeUndefined();
    expect(await create({ auto_terminate_cluster: 'false' })).toEqual([
      expect.stringMatching(/^autoTerminateCluster has no effect/),
    ]);
    expect(await create({}, { flags: { runForever: true } })).toEqual([
      expect.stringMatching(/^jobanalyses\[0\]\.flags\.runForever has no effect/),
    ]);
  });
});

describe('stop', () => {
  test('of a job that never started, or has ended, is no error and no event', async () => {
    const saved = await saveJob(platform);
    const { id: ended } = await runJob(platform);
    for (const id of [saved, ended]) {
      const before = await get(`jobs/${id}/statuses/`);
      for (let time = 0; time < 2; time++) {
        const { status, body } = await call('POST', `jobs/${id}/stop/`);
        expect([status, body]).toEqual([202, undefined]);
      }
      expect(await get(`jobs/${id}/statuses/`)).toEqual(before);
    }
    expect((await call('POST', `jobs/${saved}/submit/`)).status).toBe(200);
  });

  test('from many sides says so once', async () => {
    const id = await submitJob(platform, definition('sleep 300'));
    await reach(platform, id, 'Executing');
    const answers = await Promise.all(Array.from({ length: 10 }, () => call('POST', `jobs/${id}/stop/`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const history = await reach(platform, id, 'Completed');
    expect(history.filter((row) => row.startsWith('Stopping'))).toHaveLength(1);
  });

  test('at any moment of a short life ends it in one way or the other', async () => {
    const ids = await Promise.all(
      Array.from({ length: 10 }, () => submitJob(platform, definition('sleep 0.05'))),
    );
    await Promise.all(
      ids.map(async (id, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * 40));
        expect((await call('POST', `jobs/${id}/stop/`)).status).toBe(202);
      }),
    );
    for (const id of ids) {
      const history = await reach(platform, id, 'Completed');
      const { outcome } = await get(`jobs/${id}/`);
      expect(['success', 'stopped']).toContain(outcome);
      expect(history.at(-1)).toBe(
        outcome === 'success' ? 'Completed (Completed successfully)' : 'Completed (Stopped by user)',
      );
      expect(history.includes('Stopping (Stopped by user)')).toBe(outcome === 'stopped');
      expect((await get(`jobs/${id}/runs/1/`)).dateCompleted).not.toBeNull();
    }
  });
});

describe('delete', () => {
  test('waits for the end and not a moment longer', async () => {
    const id = await submitJob(platform, definition('sleep 300'));
    const early = await call('DELETE', `jobs/${id}/`);
    expect([early.status, early.body]).toMatchObject([
      400,
      { code: 'job_running', hint: expect.stringContaining('stop/') },
    ]);
    await call('POST', `jobs/${id}/stop/`);
    await reach(platform, id, 'Completed');
    const { status, body } = await call('DELETE', `jobs/${id}`);
    expect([status, body]).toEqual([204, undefined]);
    for (const rest of [
      '',
      'statuses/',
      'files/',
      'runs/',
      'cluster_statuses/',
      'runs/1/tail/process_output.log',
    ]) {
      expect((await call('GET', `jobs/${id}/${rest}`)).status).toBe(404);
    }
    for (const [method, rest] of [
      ['DELETE', ''],
      ['POST', 'submit/'],
      ['POST', 'stop/'],
      ['POST', 'clone/'],
      ['PATCH', ''],
    ] as const) {
      expect((await call(method, `jobs/${id}/${rest}`, {})).status).toBe(404);
    }
    expect(
      (await get(`jobs/?search=&page_size=1000`)).results.map((job: { id: string }) => job.id),
    ).not.toContain(id);
  });

  test('takes the outputs along, and inputs only when told to and nobody else needs them', async () => {
    const [shared, own] = [await uploadFile(platform, 'shared.txt'), await uploadFile(platform, 'own.txt')];
    const inputFiles = [{ id: shared.id }, { id: own.id }];
    const other = await saveJob(
      platform,
      definition('cat shared.txt', {}, { inputFiles: [{ id: shared.id }] }),
    );
    const kept = await runJob(platform, definition('echo x > out.txt', {}, { inputFiles }));
    const outputs = (await get(`jobs/${kept.id}/files/`)).results as Array<{ id: string }>;
    expect((await call('DELETE', `jobs/${kept.id}/`)).status).toBe(204);
    for (const { id } of outputs) {
      expect((await call('GET', `files/${id}/`)).status).toBe(404);
    }
    for (const { id } of [shared, own]) {
      expect((await call('GET', `files/${id}/`)).status).toBe(200);
    }

    const cleaned = await runJob(platform, definition('true', {}, { inputFiles }));
    expect((await call('DELETE', `jobs/${cleaned.id}?deleteInputFiles=True`)).status).toBe(204);
    expect((await call('GET', `files/${own.id}/`)).status).toBe(404);
    expect((await call('GET', `files/${shared.id}/contents/`).catch(() => ({ status: 200 }))).status).toBe(
      200,
    );
    expect((await call('POST', `jobs/${other}/submit/`)).status).toBe(200);
    expect((await reach(platform, other, 'Completed')).at(-1)).toBe('Completed (Completed successfully)');
  });

  test('at the same moment from many sides happens once', async () => {
    const id = await saveJob(platform);
    const answers = await Promise.all(Array.from({ length: 10 }, () => call('DELETE', `jobs/${id}/`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      204,
      ...Array.from({ length: 9 }, () => 404),
    ]);
  });
});

describe('a change', () => {
  test('of a saved job takes effect, also several at once', async () => {
    const id = await saveJob(platform);
    const changes = [
      { name: 'new name' },
      { description: 'words' },
      { tags: ['a', 'B'] },
      { isLowPriority: 'true' },
      { projectId: null },
    ];
    const answers = await Promise.all(changes.map((change) => call('PATCH', `jobs/${id}`, change)));
    expect(answers.map(({ status }) => status)).toEqual(changes.map(() => 200));
    expect(await get(`jobs/${id}/`)).toMatchObject({
      name: 'new name',
      description: 'words',
      userTags: [
        { name: 'a', normalizedName: 'a' },
        { name: 'B', normalizedName: 'b' },
      ],
      isLowPriority: true,
      billingPriorityValue: 'ON_DEMAND',
      projectId: null,
    });
  });

  test('of the priority counts, whichever of its two fields it is said in', async () => {
    const id = await saveJob(platform, definition('true', { billingPriorityValue: 'INSTANT' }));
    expect((await call('PATCH', `jobs/${id}/`, { isLowPriority: true })).body).toMatchObject({
      isLowPriority: true,
      billingPriorityValue: 'ON_DEMAND',
    });
    expect((await call('PATCH', `jobs/${id}/`, { billingPriorityValue: 'instant' })).body).toMatchObject({
      isLowPriority: false,
      billingPriorityValue: 'INSTANT',
    });
  });

  test('is refused like a new definition, and then changes nothing', async () => {
    const id = await saveJob(platform);
    const before = await get(`jobs/${id}/`);
    for (const change of [
      { name: '' },
      { projectId: 'NoProj' },
      { jobanalyses: [] },
      definition('x', {}, { inputFiles: [{ id: 'NoFile' }] }),
    ]) {
      expect((await call('PATCH', `jobs/${id}/`, change)).status).toBe(400);
    }
    expect((await call('PUT', `jobs/${id}/`, { name: 'no tiles' })).body).toEqual({
      jobanalyses: ['This field is required.'],
    });
    expect(await get(`jobs/${id}/`)).toEqual(before);
  });

  test.each(['PATCH', 'PUT'])(
    'of a job that has ended by %s changes what is no history, and says what did not change',
    async (method) => {
      const { id } = await runJob(platform, definition('echo before'));
      const change = definition('echo after', {
        name: 'renamed',
        project_id: null,
        tags: ['done'],
        description: 'over',
      });
      const { status, headers, body } = await call(method, `jobs/${id}`, change);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        name: 'renamed',
        projectId: null,
        description: 'over',
        userTags: [{ name: 'done' }],
        warnings: [expect.stringMatching(/already started.*jobanalyses.*Clone/)],
      });
      expect(body.jobanalyses[0].command).toBe('echo before');
      expect(headers.get('warning')).toMatch(/^299 quarry ".*jobanalyses/);
      const quiet = await call('PATCH', `jobs/${id}/`, { name: 'again' });
      expect([quiet.body.name, quiet.body.warnings, quiet.headers.get('warning')]).toEqual([
        'again',
        undefined,
        null,
      ]);
      expect((await call('PATCH', `jobs/${id}/`, { projectId: 'NoProj' })).body).toEqual({
        projectId: [expect.any(String)],
      });
    },
  );

  test('from many sides of a job that has ended loses none', async () => {
    const { id } = await runJob(platform);
    await Promise.all([
      call('PATCH', `jobs/${id}/`, { name: 'n' }),
      call('PATCH', `jobs/${id}/`, { tags: ['t'] }),
      call('PATCH', `jobs/${id}/`, { description: 'd' }),
    ]);
    expect(await get(`jobs/${id}/`)).toMatchObject({
      name: 'n',
      description: 'd',
      userTags: [{ name: 't' }],
    });
  });
});

describe('a clone', () => {
  test('is a saved job with the same definition, whatever became of the first', async () => {
    const input = await uploadFile(platform, 'in.txt');
    const original = await runJob(
      platform,
      definition(
        'exit 3',
        { tags: ['x'] },
        { inputFiles: [{ id: input.id, decompress: false }], envVars: { A: '1' } },
      ),
    );
    const { status, body } = await call('POST', `jobs/${original.id}/clone/`);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      clonedFrom: original.id,
      name: 'Copy of a job',
      status: null,
      outcome: null,
      userTags: original.userTags,
    });
    expect(body.jobanalyses).toEqual(original.jobanalyses);
    const named = await call('POST', `jobs/${original.id}/clone/`, { name: 'mine' });
    expect(named.body.name).toBe('mine');
    expect((await call('POST', `jobs/${body.id}/submit/`)).status).toBe(200);
    await reach(platform, body.id, 'Completed');
  });

  test('of a job whose input is gone is refused under the input', async () => {
    const input = await uploadFile(platform, 'gone.txt');
    const id = await saveJob(platform, definition('true', {}, { inputFiles: [{ id: input.id }] }));
    await call('DELETE', `files/${input.id}/`);
    const { status, body } = await call('POST', `jobs/${id}/clone/`);
    expect([status, body]).toEqual([
      400,
      { jobanalyses: [{ inputFiles: [{ id: [expect.stringContaining(input.id)] }] }] },
    ]);
  });

  test('can be made by sending a whole job back, as clients do', async () => {
    const { id } = await runJob(platform, definition('true', { tags: ['x'] }));
    for (const version of ['v2', 'v3']) {
      const whole = (await platform.call('GET', `/api/${version}/jobs/${id}/`)).body;
      const { status, body } = await platform.call('POST', `/api/${version}/jobs/`, {
        ...whole,
        name: 'sent back',
      });
      expect([status, body.warnings]).toEqual([201, undefined]);
      expect(body.jobanalyses).toEqual(whole.jobanalyses);
    }
  });
});
