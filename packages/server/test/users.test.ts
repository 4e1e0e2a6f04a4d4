import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { addUser, definition, saveJob } from './platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown, key?: string) =>
  platform.call(method, `/api/v2/${path}`, body, key);
const me = async (key?: string) => (await call('GET', 'users/me/', undefined, key)).body;

describe('users', () => {
  test('are added with a key that works, shown this once', async () => {
    const { status, body } = await call('POST', 'users/', {
      email: ' ann@lab.example ',
      fullName: 'Ann van Dyck',
      maxJobHours: '5',
    });
    expect([status, body]).toMatchObject([
      201,
      {
        email: 'ann@lab.example',
        firstName: 'Ann',
        lastName: 'van Dyck',
        role: 'member',
        isActive: true,
        maxJobHours: 5,
      },
    ]);
    expect(await me(body.apiKey)).toMatchObject({ id: body.id, email: 'ann@lab.example', maxJobHours: 5 });
    const { body: list } = await call('GET', 'users/?page_size=1000');
    expect(JSON.stringify(list)).not.toContain(body.apiKey);
    const none = await call('POST', 'users/', { email: 'keyless@lab.example', createApiKey: false });
    expect(none.body.apiKey).toBeNull();
  });

  test('have an address that is one, and nobody else’s', async () => {
    for (const email of [
      '',
      'ann',
      'a b@c',
      '@',
      'a@',
      'a\0@b.example',
      'a\u0001@b.example',
      `${'a'.repeat(250)}@b.example`,
      5,
      null,
    ]) {
      const { status, body } = await call('POST', 'users/', { email });
      expect([email, status, body]).toEqual([email, 400, { email: [expect.any(String)] }]);
    }
    const twice = await Promise.all(
      ['b@lab.example', 'B@LAB.example'].map((email) => call('POST', 'users/', { email })),
    );
    expect(twice.map(({ status }) => status).sort()).toEqual([201, 400]);
  });

  test('have a role that there is', async () => {
    const { status, body } = await call('POST', 'users/', { email: 'king@lab.example', role: 'king' });
    expect([status, body]).toEqual([400, { role: [expect.stringContaining('member, manager, admin')] }]);
  });

  test('cannot be locked out or demoted by themselves', async () => {
    const { id } = await me();
    for (const change of [{ isActive: false }, { role: 'member' }]) {
      expect((await call('PATCH', `users/${id}/`, change)).status).toBe(400);
    }
    expect((await call('PATCH', `users/${id}/`, { fullName: 'The Owner' })).body).toMatchObject({
      role: 'admin',
      isActive: true,
    });
  });

  test('are changed from many sides without a loss', async () => {
    const { id } = await addUser(platform, 'busy@lab.example');
    await Promise.all(
      [{ fullName: 'Busy Bee' }, { maxJobHours: 7 }, { role: 'manager' }].map((change) =>
        call('PATCH', `users/${id}/`, change),
      ),
    );
    const { body } = await call('GET', 'users/?search=busy');
    expect(body.results[0]).toMatchObject({ fullName: 'Busy Bee', maxJobHours: 7, role: 'manager' });
  });

  test('bound the walltime of their jobs', async () => {
    const { key } = await addUser(platform, 'short@lab.example', { maxJobHours: 2 });
    const hardware = { coreType: 'quartz', coresPerSlot: 1, walltime: 3 };
    const { status, body } = await call('POST', 'jobs/', definition('true', {}, { hardware }), key);
    expect([status, body]).toEqual([
      400,
      { jobanalyses: [{ hardware: { walltime: [expect.stringContaining('longest is 2')] } }] },
    ]);
    const unsaid = await call('POST', 'jobs/', definition(), key);
    expect(unsaid.body.cost.estimate.formula).toContain('x 2 h x');
  });

  test('that are not there are a 404', async () => {
    expect((await call('PATCH', 'users/NoUser/', { fullName: 'x' })).status).toBe(404);
  });
});

describe('keys', () => {
  test('are listed without their secret, one’s own alone', async () => {
    const { key } = await addUser(platform, 'keys@lab.example');
    const made = (await call('POST', 'users/me/api-keys/', { name: 'laptop' }, key)).body;
    const { results } = (await call('GET', 'users/me/api-keys/', undefined, key)).body;
    expect(results.map((each: { name: string }) => each.name)).toEqual(['first key', 'laptop']);
    expect(results[1]).toMatchObject({ id: made.id, prefix: made.key.slice(0, 8), dateExpires: null });
    expect(JSON.stringify(results)).not.toContain(made.key);
  });

  test.each<[string, object, string]>([
    ['without a name', {}, 'name'],
    ['that would be dead already', { name: 'x', dateExpires: '2020-01-01' }, 'dateExpires'],
    ['until a day that is none', { name: 'x', dateExpires: 'tomorrow' }, 'dateExpires'],
    ['that are no keys', { name: 'x', importedKey: 'short' }, 'importedKey'],
    ['in capitals', { name: 'x', importedKey: 'ABCDEF0123456789ABCDEF0123456789ABCDEF01' }, 'importedKey'],
    ['for nobody', { name: 'x', userId: 'NoUser' }, 'userId'],
  ])('%s are refused under the field', async (_what, body, field) => {
    const answer = await call('POST', 'users/me/api-keys/', body);
    expect([answer.status, answer.body]).toEqual([400, { [field]: [expect.any(String)] }]);
  });

  test('are imported once, and never again by somebody else', async () => {
    const importedKey = 'abcdef0123456789abcdef0123456789abcdef01';
    const { key } = await addUser(platform, 'thief@lab.example');
    expect((await call('POST', 'users/me/api-keys/', { name: 'old', importedKey })).body.key).toBe(
      importedKey,
    );
    const again = await call('POST', 'users/me/api-keys/', { name: 'mine now', importedKey }, key);
    expect([again.status, again.body]).toEqual([400, { importedKey: [expect.any(String)] }]);
  });

  test('for others are an administrator’s to make', async () => {
    const someone = await addUser(platform, 'someone@lab.example');
    const made = await call('POST', 'users/me/api-keys/', { name: 'given', userId: someone.id });
    expect((await me(made.body.key)).id).toBe(someone.id);
    const owner = await me();
    expect(
      (await call('POST', 'users/me/api-keys/', { name: 'x', userId: owner.id }, someone.key)).status,
    ).toBe(403);
  });

  test('are a hundred at most', async () => {
    const { key } = await addUser(platform, 'collector@lab.example');
    const answers = await Promise.all(
      Array.from({ length: 105 }, (_, n) => call('POST', 'users/me/api-keys/', { name: `${n}` }, key)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(99);
    expect(answers.find(({ status }) => status !== 201)).toMatchObject({
      status: 409,
      body: { code: 'too_many_keys' },
    });
  });
});

describe('projects', () => {
  test('are offered to their members, until they are closed', async () => {
    const someone = await addUser(platform, 'builder@lab.example');
    const { body: project } = await call('POST', 'projects/', { name: 'wings' });
    const offered = async () =>
      (await call('GET', 'users/me/projects/', undefined, someone.key)).body.results.map(
        (each: { id: string }) => each.id,
      );
    const inProject = definition('true', { projectId: project.id });
    expect(await offered()).toEqual([]);
    expect((await call('POST', 'jobs/', inProject, someone.key)).status).toBe(400);
    for (const role of ['member', 'manager', 'member']) {
      const { status, body } = await call('POST', `projects/${project.id}/members/`, {
        userId: someone.id,
        role,
      });
      expect([status, body.members]).toEqual([201, [{ userId: someone.id, email: someone.email, role }]]);
    }
    expect(await offered()).toEqual([project.id]);
    const job = await saveJob(platform, inProject, someone.key);
    await call('PATCH', `projects/${project.id}/`, { isActive: false });
    expect(await offered()).toEqual([]);
    expect((await call('POST', 'jobs/', inProject, someone.key)).status).toBe(400);
    expect((await call('GET', `jobs/${job}/`, undefined, someone.key)).body.projectId).toBe(project.id);
  });

  test('are known to who belongs to them, with who else does, and closed ones when asked for', async () => {
    const ann = await addUser(platform, 'ann.of.wings@lab.example');
    const bea = await addUser(platform, 'bea.of.wings@lab.example', { role: 'manager' });
    const stranger = await addUser(platform, 'stranger@lab.example', { role: 'manager' });
    const { body: project } = await call('POST', 'projects/', { name: 'rudders', description: 'Of ships' });
    const { id } = project;
    const add = (body: object, key?: string) => call('POST', `projects/${id}/members/`, body, key);
    expect((await add({ userId: bea.id, role: 'manager' })).status).toBe(201);
    // By address, in upper or lower case, by a manager who has no list of users.
    expect((await add({ userId: 'ANN.of.wings@lab.example' }, bea.key)).status).toBe(201);

    const listed = async (query: string, key?: string) =>
      (await call('GET', `users/me/projects/?page_size=1000${query}`, undefined, key)).body.results.find(
        (each: { id: string }) => each.id === id,
      );
    const shape = { id, name: 'rudders', description: 'Of ships', isActive: true };
    expect(await listed('', ann.key)).toMatchObject({ ...shape, role: 'member' });
    expect(await listed('', bea.key)).toMatchObject({ ...shape, role: 'manager' });
    expect(await listed('')).toMatchObject({ ...shape, role: null });
    expect(await listed('&closed=true', ann.key)).toBeUndefined();

    await call('PATCH', `projects/${id}/`, { isActive: false });
    expect(await listed('', ann.key)).toBeUndefined();
    expect(await listed('&closed=1', ann.key)).toMatchObject({ isActive: false, role: 'member' });
    expect(await listed('&closed=true', stranger.key)).toBeUndefined();
    const shown = await call('GET', `projects/${id}/`, undefined, ann.key);
    expect([shown.status, shown.body]).toEqual([
      200,
      {
        ...project,
        isActive: false,
        members: [
          { userId: ann.id, email: ann.email, role: 'member' },
          { userId: bea.id, email: bea.email, role: 'manager' },
        ],
      },
    ]);
    expect((await call('GET', `projects/${id}/`, undefined, stranger.key)).status).toBe(404);

    await call('DELETE', `projects/${id}/members/${ann.id}/`);
    expect((await call('GET', `projects/${id}/`, undefined, ann.key)).status).toBe(404);
    expect(await listed('&closed=true', ann.key)).toBeUndefined();
  });

  test('know who is no member, and who is nobody', async () => {
    const { body: project } = await call('POST', 'projects/', { name: 'tails' });
    const unknown = await call('POST', `projects/${project.id}/members/`, { userId: 'NoUser' });
    expect([unknown.status, unknown.body]).toEqual([400, { userId: [expect.stringContaining('NoUser')] }]);
    expect((await call('DELETE', `projects/${project.id}/members/NoUser/`)).status).toBe(404);
    expect((await call('PATCH', 'projects/NoProj/', { name: 'x' })).status).toBe(404);
    expect((await call('POST', 'projects/', { name: '\n' })).body).toEqual({ name: [expect.any(String)] });
  });
});

test('a site may ask for a project, at create and afterwards, and names the field that clients look at', async () => {
  await using strict = await startPlatform({ config: 'requires_project = true\n' });
  const none = await strict.call('POST', '/api/v2/jobs/', definition('true', { projectId: null }));
  expect([none.status, none.body]).toEqual([
    400,
    { projectId: [expect.stringContaining('users/me/projects/')] },
  ]);
  const fallback = await strict.call('POST', '/api/v2/jobs/', definition());
  expect([fallback.status, fallback.body.projectId]).toEqual([201, expect.any(String)]);
  await strict.call('POST', `/api/v2/jobs/${fallback.body.id}/submit/`);
  const change = await strict.call('PATCH', `/api/v2/jobs/${fallback.body.id}/`, { projectId: null });
  expect([change.status, change.body]).toEqual([400, { projectId: [expect.any(String)] }]);
});
