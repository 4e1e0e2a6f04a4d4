import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import {
  addUser,
  definition,
  logOf,
  reach,
  readOutput,
  type Someone,
  uploadFile,
} from './platform-harness.ts';

let platform: Platform;
let member: Someone;
let outsider: Someone;
let manager: Someone;
let project: string;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
  [member, outsider, manager] = [
    await addUser(platform, 'member@lab.example'),
    await addUser(platform, 'outsider@lab.example'),
    await addUser(platform, 'manager@lab.example', { role: 'manager' }),
  ];
  project = (await platform.call('POST', '/api/v2/projects/', { name: 'wings' })).body.id;
  const join = (who: Someone, role: string) =>
    platform.call('POST', `/api/v2/projects/${project}/members/`, { userId: who.id, role });
  await join(member, 'member');
  await join(manager, 'manager');
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const path = (rest = '') => `/api/v2/job-templates/${rest}`;
const create = (template: object, key?: string) => platform.call('POST', path(), template, key);
const make = async (template: object, key?: string): Promise<string> => {
  const { status, body } = await create(template, key);
  expect([status, body]).toEqual([201, expect.anything()]);
  return body.id;
};
const change = (id: string, body: object, key?: string) => platform.call('PATCH', path(`${id}/`), body, key);
const get = (id: string, key?: string) => platform.call('GET', path(`${id}/`), undefined, key);
const preview = (id: string, body: object, key?: string) =>
  platform.call('POST', path(`${id}/preview/`), body, key);
const run = (id: string, body: object, key = member.key) =>
  platform.call('POST', path(`${id}/jobs/`), { submit: true, ...body }, key);

const HOURS = {
  ...{ name: 'hours', label: 'Hours', type: 'integer', min: 1, max: 3, default: 2, unit: 'h' },
  target: 'jobanalyses[0].hardware.walltime',
};
const GREETING = { name: 'greeting', label: 'Greeting', type: 'text', max: 200 };
const greets = (more: object = {}) => ({
  name: 'Greeting',
  fields: [GREETING, HOURS],
  definition: definition('printf "%s\\n" "$greeting" > out.txt; echo "${greeting}"'),
  ...more,
});

describe('a form that is filled in', () => {
  test('becomes a job whose command has the values, and that says of what it was made', async () => {
    const id = await make(greets());
    const nasty = `it's "$(touch /tmp/owned)"; exit 3 \`id\` \\ ünïcode`;
    const { status, body } = await run(id, { values: { greeting: nasty, hours: '3' }, name: 'Hello' });
    expect([status, body.name, body.jobTemplate]).toEqual([201, 'Hello', { id, version: 1 }]);
    expect(body.jobanalyses[0].hardware.walltime).toBe(3);
    await reach(platform, body.id, 'Completed');
    expect(await readOutput(platform, body.id, 'out.txt')).toBe(`${nasty}\n`);
    expect((await logOf(platform, body.id)).some((line) => line.includes(nasty))).toBe(true);
    const job = (await platform.call('GET', `/api/v2/jobs/${body.id}/`)).body;
    expect([job.outcome, job.owner, job.jobTemplate]).toEqual(['success', member.email, { id, version: 1 }]);
  });

  test('shows what it would become before that, and saves nothing', async () => {
    const id = await make(greets({ name: 'Shown' }));
    const { status, body } = await preview(id, { values: { greeting: "it's" } }, member.key);
    expect(status).toBe(200);
    expect(body.scripts).toEqual([
      `export greeting='it'\\''s'\nprintf "%s\\n" "$greeting" > out.txt; echo "\${greeting}"`,
    ]);
    expect(body.estimate.hours).toBe(2);
    expect(body.definition.jobanalyses[0]).toMatchObject({
      hardware: { walltime: 2 },
      envVars: { greeting: "it's" },
    });
    // What it shows is what the free form takes.
    const free = await platform.call('POST', '/api/v2/jobs/', body.definition, member.key);
    expect([free.status, free.body.jobTemplate]).toEqual([201, null]);
  });

  test.each<[string, object, string, RegExp]>([
    ['a value that is missing', {}, 'greeting', /required/],
    ['one that is too large', { greeting: 'x', hours: 4 }, 'hours', /less than or equal to 3/],
    ['one that is no number', { greeting: 'x', hours: 'soon' }, 'hours', /valid integer/],
    ['one that is too long', { greeting: 'x'.repeat(201) }, 'greeting', /no more than 200/],
    ['one that no field asks for', { greeting: 'x', command: 'id' }, 'command', /no such field/],
    ['a name of every object', { greeting: 'x', constructor: 'y' }, 'constructor', /no such field/],
  ])('is refused at the field for %s', async (_what, values, field, words) => {
    const id = await make(greets());
    for (const { status, body } of [await run(id, { values }), await preview(id, { values }, member.key)]) {
      expect([status, body]).toEqual([400, { values: { [field]: [expect.stringMatching(words)] } }]);
    }
  });

  test('is refused at the field for what only the site knows', async () => {
    const cores = {
      ...{ name: 'cores', label: 'Cores', type: 'integer', min: 1, default: 1 },
      target: 'jobanalyses.0.hardware.coresPerSlot',
    };
    const mesh = { name: 'mesh', label: 'Mesh', type: 'file' };
    const id = await make({ name: 'Cores', fields: [cores, mesh], definition: definition() });
    const foreign = await uploadFile(platform, 'foreign.txt', 'x', outsider.key);
    const { status, body } = await preview(id, { values: { cores: 9999, mesh: foreign.id } }, member.key);
    expect([status, Object.keys(body), Object.keys(body.values)]).toEqual([
      400,
      ['values'],
      ['cores', 'mesh'],
    ]);
    const { body: other } = await run(id, { values: { mesh: foreign.id } });
    expect(other).toEqual({ values: { mesh: [expect.stringContaining(foreign.id)] } });
  });

  test('gives templates its values as variables, and files of the one who fills it in as inputs', async () => {
    const template = await uploadFile(platform, 'in.tpl', 'speed = ${speed?string("0.00")}\n');
    const input = await uploadFile(platform, 'mesh.txt', 'a mesh\n', member.key);
    const templateTasks = [{ processedFilename: 'in.txt', templateFile: { id: template.id } }];
    const id = await make({
      name: 'Rendered',
      projectId: project,
      fields: [
        { name: 'speed', label: 'Speed', type: 'number', unit: 'm/s' },
        { name: 'meshes', label: 'Meshes', type: 'files', min: 1 },
      ],
      definition: definition('cat in.txt mesh.txt > all.txt', {}, { templateTasks }),
    });
    const { status, body } = await run(id, { values: { speed: 30, meshes: [input.id] } });
    expect([status, body.projectId]).toEqual([201, project]);
    await reach(platform, body.id, 'Completed');
    const { body: files } = await platform.call('GET', `/api/v2/jobs/${body.id}/files/?search=all.txt`);
    const { body: lines } = await platform.call('GET', `/api/v2/files/${files.results[0].id}/lines/`);
    expect(lines.lines).toEqual(['speed = 30.00\n', 'a mesh\n']);
    // The keeper's file came with the form: the job can be cloned, and its owner still cannot read it by itself.
    const clone = await platform.call('POST', `/api/v2/jobs/${body.id}/clone/`, {}, member.key);
    expect([clone.status, clone.body.clonedFrom, clone.body.jobTemplate]).toEqual([201, body.id, null]);
    expect((await platform.call('GET', `/api/v2/files/${template.id}/`, undefined, member.key)).status).toBe(
      404,
    );
    const taking = definition('true', {}, { inputFiles: [{ id: template.id }] });
    expect((await platform.call('POST', '/api/v2/jobs/', taking, outsider.key)).status).toBe(400);
  });

  test('refuses a value of a name that no object can have, instead of losing it', async () => {
    const id = await make(greets());
    const values = JSON.parse('{"greeting": "x", "__proto__": "y"}');
    for (const { status, body } of [await run(id, { values }), await preview(id, { values }, member.key)]) {
      expect([status, body]).toEqual([400, { values: ['No field is called __proto__.'] }]);
    }
    const field = { ...GREETING, name: '__proto__' };
    const { status, body } = await create({ ...greets(), fields: [field] });
    expect([status, JSON.stringify(body)]).toEqual([
      400,
      expect.stringContaining('A field may not be called __proto__.'),
    ]);
    const free = definition('true', {}, { envVars: JSON.parse('{"__proto__": "y"}') });
    const job = await platform.call('POST', '/api/v2/jobs/', free, member.key);
    expect([job.status, JSON.stringify(job.body)]).toEqual([
      400,
      expect.stringContaining('A variable may not be called __proto__.'),
    ]);
  });

  test('gives no file any more that its newest version does not name', async () => {
    const [secret, kept] = [
      await uploadFile(platform, 'secret.txt', 'x\n'),
      await uploadFile(platform, 'kept.txt', 'y\n'),
    ];
    const naming = (...ids: string[]) =>
      definition('ls', {}, { inputFiles: ids.map((each) => ({ id: each })) });
    const id = await make({ name: 'Naming', fields: [], definition: naming(secret.id, kept.id) });
    const attach = async (file: string) =>
      (await platform.call('POST', '/api/v2/jobs/', naming(file), member.key)).status;
    const before = await run(id, { values: {} });
    expect([before.status, await attach(secret.id), await attach(kept.id)]).toEqual([201, 201, 201]);

    await platform.call('PATCH', `/api/v2/job-templates/${id}/`, { definition: naming(kept.id) });
    expect([await attach(secret.id), await attach(kept.id)]).toEqual([400, 201]);
    expect((await run(id, { values: {} })).status).toBe(201);
    const old = await run(id, { values: {}, version: 1 });
    expect([old.status, JSON.stringify(old.body)]).toEqual([400, expect.stringContaining(secret.id)]);
    const clone = await platform.call('POST', `/api/v2/jobs/${before.body.id}/clone/`, {}, member.key);
    expect(clone.status).toBe(400);
    // A change that leaves the definition takes nothing back, and whoever puts the file back gives it again.
    await platform.call('PATCH', `/api/v2/job-templates/${id}/`, { description: 'other' });
    expect(await attach(kept.id)).toBe(201);
    await platform.call('PATCH', `/api/v2/job-templates/${id}/`, { definition: naming(secret.id) });
    expect(await attach(secret.id)).toBe(201);
  });

  test('has its default where nothing is said, and none where null is', async () => {
    const id = await make({
      name: 'Optional',
      fields: [
        { ...GREETING, default: 'hello' },
        { name: 'extra', label: 'Extra', type: 'text', required: false, default: 'more' },
        { ...HOURS, required: false },
      ],
      definition: definition(
        'echo "$greeting$extra"',
        {},
        { hardware: { coreType: 'quartz', coresPerSlot: 1, walltime: 7 } },
      ),
    });
    const seen = async (values: object) => {
      const { body } = await preview(id, { values }, member.key);
      return [body.scripts?.[0].split('\n').slice(0, 2), body.definition?.jobanalyses[0].hardware.walltime];
    };
    expect(await seen({})).toEqual([['export greeting=hello', 'export extra=more'], 2]);
    expect(await seen({ extra: null, hours: null })).toEqual([
      ['export greeting=hello', "export extra=''"],
      7,
    ]);
    expect((await preview(id, { values: { greeting: '' } }, member.key)).body).toEqual({
      values: { greeting: ['This field is required.'] },
    });
  });

  test('makes one job for each key', async () => {
    const id = await make(greets());
    const send = async () => {
      const response = await fetch(new URL(path(`${id}/jobs/`), platform.url), {
        method: 'POST',
        headers: {
          authorization: `Token ${member.key}`,
          'content-type': 'application/json',
          'idempotency-key': 'one greeting',
        },
        body: JSON.stringify({ values: { greeting: 'x' } }),
      });
      return ((await response.json()) as { id: string }).id;
    };
    expect(await send()).toBe(await send());
  });
});

describe('a job of a template', () => {
  const jobOf = async (values: object) => {
    const id = await make(greets());
    return { id, job: (await run(id, { values, submit: false })).body };
  };

  test('is that as long as its definition is, whatever it is called', async () => {
    const { id, job } = await jobOf({ greeting: 'x' });
    const patch = async (body: object) =>
      (await platform.call('PATCH', `/api/v2/jobs/${job.id}/`, body, member.key)).body.jobTemplate;
    expect(await patch({ name: 'renamed', tags: ['a'], description: 'text' })).toEqual({ id, version: 1 });
    const { jobanalyses } = definition('echo something else');
    expect(await patch({ jobanalyses })).toBe(null);
    expect(await patch({ jobTemplate: { id, version: 1 }, name: 'again' })).toBe(null);
  });

  test('cannot be said to be one by whoever makes it freely', async () => {
    const { id } = await jobOf({ greeting: 'x' });
    const free = definition('true', { jobTemplate: { id, version: 1 } });
    expect((await platform.call('POST', '/api/v2/jobs/', free, member.key)).body.jobTemplate).toBe(null);
  });
});

describe('versions', () => {
  test('stay as they were, and a change that was made from an old one is refused', async () => {
    const id = await make(greets());
    const { body } = await change(id, { version: 1, fields: [GREETING], name: 'Second' });
    expect([body.version, body.fields.length, body.name]).toEqual([2, 1, 'Second']);
    const late = await change(id, { version: 1, name: 'Third' });
    expect([late.status, late.body.code]).toEqual([409, 'template_changed']);
    // Nothing that is as it was makes a version.
    expect((await change(id, { name: 'Second' })).body.version).toBe(2);
    const old = await platform.call('GET', path(`${id}/?version=1`));
    expect([old.body.name, old.body.version, old.body.latestVersion, old.body.fields.length]).toEqual([
      'Greeting',
      1,
      2,
      2,
    ]);
    const { body: versions } = await platform.call('GET', path(`${id}/versions/`), undefined, member.key);
    expect(
      versions.results.map((each: { version: number; name: string }) => [each.version, each.name]),
    ).toEqual([
      [2, 'Second'],
      [1, 'Greeting'],
    ]);
    const job = await run(id, { version: 1, submit: false, values: { greeting: 'x', hours: 3 } });
    expect([job.status, job.body.jobTemplate]).toEqual([201, { id, version: 1 }]);
    expect((await run(id, { version: 7, values: {} })).status).toBe(404);
  });

  test('make no jobs when the template is archived, until it is taken back', async () => {
    const id = await make(greets({ name: 'Archived' }));
    expect((await change(id, { isArchived: true })).body).toMatchObject({ isArchived: true, version: 1 });
    const refused = await run(id, { values: { greeting: 'x' } });
    expect([refused.status, refused.body.code]).toEqual([400, 'template_archived']);
    const names = async (query: string, key?: string) =>
      (await platform.call('GET', path(`?search=Archived${query}`), undefined, key)).body.count;
    expect([
      await names(''),
      await names('&archived=true'),
      await names('&archived=true', member.key),
    ]).toEqual([0, 1, 0]);
    await change(id, { isArchived: false });
    expect((await run(id, { values: { greeting: 'x' }, submit: false })).status).toBe(201);
  });

  test('are gone with the template, and jobs stay', async () => {
    const id = await make(greets());
    const { body: job } = await run(id, { values: { greeting: 'x' }, submit: false });
    expect((await platform.call('DELETE', path(`${id}/`))).status).toBe(204);
    expect((await get(id)).status).toBe(404);
    const { body } = await platform.call('GET', `/api/v2/jobs/${job.id}/`);
    expect(body.jobTemplate).toEqual({ id, version: 1 });
    const { body: events } = await platform.call('GET', `/api/v2/events-log/?subject=job_template:${id}`);
    expect(events.results.map(({ verb }: { verb: string }) => verb)).toEqual(['deleted', 'created']);
  });
});

describe('who keeps templates', () => {
  test('is an administrator for everybody, and whoever manages a project for that', async () => {
    expect((await create(greets(), manager.key)).status).toBe(403);
    expect((await create(greets(), member.key)).status).toBe(403);
    const elsewhere = (await platform.call('POST', '/api/v2/projects/', { name: 'tails' })).body.id;
    const foreign = await create(greets({ projectId: elsewhere }), manager.key);
    expect([foreign.status, Object.keys(foreign.body)]).toEqual([400, ['projectId']]);
    const id = await make(greets({ projectId: project, name: 'Of wings' }), manager.key);
    const forAll = await make(greets({ name: 'For all' }));
    expect((await get(id, member.key)).body).toMatchObject({ mayChange: false, projectName: 'wings' });
    expect((await get(id, outsider.key)).status).toBe(404);
    expect((await run(id, { values: { greeting: 'x' } }, outsider.key)).status).toBe(404);
    expect((await change(id, { name: 'Mine' }, member.key)).status).toBe(403);
    expect((await change(id, { description: 'new' }, manager.key)).body).toMatchObject({
      version: 2,
      mayChange: true,
    });
    expect((await get(forAll, manager.key)).body.mayChange).toBe(false);
    expect((await change(forAll, { name: 'Mine' }, manager.key)).status).toBe(403);
    const seen = async (key: string) =>
      (await platform.call('GET', path('?page_size=100'), undefined, key)).body.results.map(
        (each: { id: string }) => each.id,
      );
    expect([(await seen(member.key)).includes(id), (await seen(outsider.key)).includes(id)]).toEqual([
      true,
      false,
    ]);
    expect(await seen(outsider.key)).toContain(forAll);
  });

  test.each<[string, object, string]>([
    ['two fields of a name', { fields: [GREETING, GREETING] }, 'fields.1.name'],
    ['a name that commands cannot have', { fields: [{ ...GREETING, name: 'a b' }] }, 'fields.0.name'],
    ['a choice of nothing', { fields: [{ ...GREETING, type: 'choice' }] }, 'fields.0.options'],
    ['a default that its field refuses', { fields: [{ ...HOURS, default: 9 }] }, 'fields.0.default'],
    ['bounds the wrong way round', { fields: [{ ...HOURS, min: 4, default: null }] }, 'fields.0.max'],
    [
      'two fields for one place',
      { fields: [HOURS, { ...HOURS, name: 'h', target: 'jobanalyses.0.hardware.walltime' }] },
      'fields.1.target',
    ],
    ['a place that is none', { fields: [{ ...HOURS, target: 'name.first' }] }, 'fields.0.target'],
    [
      'a place in all objects',
      { fields: [{ ...HOURS, target: 'jobanalyses[0].__proto__.x' }] },
      'fields.0.target',
    ],
    [
      'a place beyond the tiles',
      { fields: [{ ...HOURS, target: 'jobanalyses[2].command' }] },
      'fields.0.target',
    ],
    [
      'a variable that is there already',
      { fields: [GREETING], definition: definition('true', {}, { envVars: { greeting: 'x' } }) },
      'fields.0.name',
    ],
    ['a definition without tiles', { definition: { name: 'x' }, fields: [] }, 'definition.jobanalyses'],
    [
      'another spelling of where values go',
      { definition: definition('true', {}, { env_vars: { A: '1' } }) },
      'definition.jobanalyses.0.env_vars',
    ],
    [
      'who may log in to jobs of others',
      { definition: definition('true', { publicKey: 'ssh-ed25519 AAAA' }), fields: [] },
      'definition.publicKey',
    ],
    [
      'files of others',
      { definition: definition('true', {}, { inputFiles: [{ id: 'AbSent' }] }), fields: [] },
      'definition',
    ],
  ])('is told of %s where it is', async (_what, change, where) => {
    const { status, body } = await create(greets(change));
    let found = body;
    for (const step of where.split('.')) {
      found = found[step];
    }
    expect([status, found]).toEqual([400, [expect.any(String)]]);
  });

  test('is told of what has no effect', async () => {
    const { status, body } = await create(greets({ definition: { ...definition(), colour: 'green' } }));
    expect([status, body.warnings]).toEqual([201, [expect.stringContaining('definition.colour')]]);
  });
});
