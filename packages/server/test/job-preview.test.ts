import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { createCluster } from './persistent-clusters-harness.ts';
import { addUser, definition, type Someone, saveJob, uploadFile } from './platform-harness.ts';

let platform: Platform;
let other: Someone;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
  other = await addUser(platform, 'other@lab.example');
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const preview = (body: object, key?: string) => platform.call('POST', '/api/v2/jobs/preview/', body, key);

const counting = (name: string, from: number, to: number) => ({
  name,
  variableType: 'Param',
  displayOrder: 1,
  valueGeneratorType: 'FixedRange',
  valueGeneratorSettings: { minvalue: from, maxvalue: to, increment: 1 },
});

/** A sweep of `x` and `y` with a template whose bytes are not uploaded. */
const sweep = (change: object = {}, hardware: object = {}, template = 'mine') =>
  definition(
    './solve',
    { jobvariables: [counting('x', 1, 3), counting('y', 10, 13)], ...change },
    {
      hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 2, ...hardware },
      templateTasks: [{ processedFilename: 'in', templateFile: { id: template } }],
    },
  );
const TEMPLATE = 'x = ${x}\ny = ${y?string("0.00")}\nz = ${z!7}\n';

test('a preview says how many runs there will be and how that comes about, and shows the first', async () => {
  const { status, body } = await preview({ definition: sweep(), points: 3, contents: { mine: TEMPLATE } });
  expect(status).toBe(200);
  expect(body.runs).toEqual({
    count: 12,
    factors: [
      { variables: ['x'], count: 3 },
      { variables: ['y'], count: 4 },
    ],
    withNominal: false,
  });
  expect(body.variables).toEqual(['x', 'y']);
  expect(body.points).toEqual([
    ['1', '10'],
    ['1', '11'],
    ['1', '12'],
  ]);
  expect(body.unused).toEqual([]);
});

test('templates are rendered for the run that is asked for', async () => {
  const { body } = await preview({ definition: sweep(), run: 12, contents: { mine: TEMPLATE } });
  expect(body.templates).toEqual([
    {
      tile: 0,
      templateFile: 'mine',
      processedFilename: 'in',
      names: [
        { name: 'x', line: 1, column: 7, hasDefault: false },
        { name: 'y', line: 2, column: 7, hasDefault: false },
        { name: 'z', line: 3, column: 7, hasDefault: true },
      ],
      rendered: 'x = 3\ny = 13.00\nz = 7\n',
      isCut: false,
      inserts: [
        { line: 1, column: 5, length: 4, text: '3' },
        { line: 2, column: 5, length: 19, text: '13.00' },
        { line: 3, column: 5, length: 6, text: '7' },
      ],
      problem: null,
      problemAt: null,
    },
  ]);
  const beyond = await preview({ definition: sweep(), run: 13, contents: { mine: TEMPLATE } });
  expect(beyond.status).toBe(400);
  expect(beyond.body).toEqual({ run: ['There is no run 13: the job has 12.'] });
});

test('what a run cannot render is said with its place, and the others are shown', async () => {
  const word = {
    ...counting('x', 1, 1),
    valueGeneratorType: 'Values',
    valueGeneratorSettings: { values: ['a', 'b'] },
  };
  const change = { jobvariables: [word] };
  const { status, body } = await preview({
    definition: sweep(change),
    contents: { mine: '\n${x?string("0.0")}' },
  });
  expect(status).toBe(200);
  expect(body.templates[0].rendered).toBeNull();
  expect(body.templates[0].problem).toMatch(/^Line 2, column 1/);
  expect(body.templates[0].problemAt).toEqual({ line: 2, column: 12 });
  expect(body.templates[0].inserts).toEqual([]);
});

test('places of other template languages, which are copied as they are, are told', async () => {
  const mine = '# a comment with #{} and <#>\n<#if x gt 1>\nü = #{y}\n</#if>\n';
  const { body } = await preview({ definition: sweep(), contents: { mine: `\${x} ${mine}` } });
  expect(body.warnings.filter((text: string) => text.includes('copied as it is'))).toEqual([
    expect.stringMatching(/has "<#if x gt 1>" in line 2, which is a directive of FreeMarker/),
    expect.stringMatching(/has "#\{y\}" in line 3, which is a placeholder of other template languages/),
  ]);
  expect(body.templates[0].rendered).toContain(mine);
});

test('variables that no template names are told', async () => {
  const { body } = await preview({ definition: sweep(), contents: { mine: 'x = ${x}' } });
  expect(body.unused).toEqual(['y']);
});

test('a sweep whose variables are in no template and no command is warned of, by its preview and when it is saved', async () => {
  const named = { x: counting('x', 1, 3), y: counting('y', 10, 13) };
  const sweepOf = (command: string, change: object = {}) =>
    definition(command, { jobvariables: Object.values(named) }, change);
  const unreached = async (wanted: object) => (await preview({ definition: wanted })).body.unreached;
  expect(await unreached(sweepOf('./solve --fast'))).toEqual(['x', 'y']);
  expect(await unreached(sweepOf('./solve $x'))).toEqual([]);
  expect(await unreached(sweepOf('./solve "$QUARRY_PARAM_y"'))).toEqual([]);
  expect(await unreached(sweepOf('./solve', { postProcessScriptCommand: 'echo $y' }))).toEqual([]);
  expect(await unreached(definition('./solve'))).toEqual([]);
  expect((await preview({ definition: sweep(), contents: { mine: 'x = ${x}' } })).body.unreached).toEqual([]);
  const { body } = await platform.call('POST', '/api/v2/jobs/', sweepOf('./solve'));
  expect(body.warnings).toContainEqual(
    'No template and no command has x, y. All runs are the same, unless a program reads them from its environment (QUARRY_PARAM_x).',
  );
});

test('the price is that of the job itself, and says when no walltime was given', async () => {
  for (const hardware of [{ walltime: 2 }, { walltime: 1.5 }, {}]) {
    const { body } = await preview({ definition: sweep({}, hardware), contents: { mine: TEMPLATE } });
    const template = (await uploadFile(platform, 'in', TEMPLATE)).id;
    const same = sweep({}, hardware, template);
    const job = (await platform.call('GET', `/api/v2/jobs/${await saveJob(platform, same)}/`)).body;
    expect(body.estimate.most).toEqual(job.cost.estimate);
    expect([body.estimate.isLongest, body.estimate.isDefault]).toEqual([!('walltime' in hardware), false]);
    expect(body.estimate.hours).toBe(hardware.walltime ?? 336);
    expect(job.jobanalyses[0].hardware.walltime).toBe(hardware.walltime ?? null);
    expect(Number(body.estimate.perHour.amount) * body.estimate.hours).toBeCloseTo(
      Number(job.cost.estimate.amount),
      5,
    );
  }
});

test('a site may say how long jobs take that do not, and the estimate says that it did', async () => {
  const config = 'default_job_hours = 0.5\n';
  await using short = await startPlatform({ cores: 4, config });
  const ask = async (key?: string) => {
    const body = { definition: definition() };
    return (await short.call('POST', '/api/v2/jobs/preview/', body, key)).body.estimate;
  };
  expect(await ask()).toMatchObject({ hours: 0.5, isLongest: false, isDefault: true });
  const timed = definition('true', {}, { hardware: { coreType: 'quartz', coresPerSlot: 1, walltime: 3 } });
  const named = (await short.call('POST', '/api/v2/jobs/preview/', { definition: timed })).body.estimate;
  expect(named).toMatchObject({ hours: 3, isLongest: false, isDefault: false });
  const job = await short.call('POST', '/api/v2/jobs/', definition());
  expect(job.body.cost.estimate.formula).toContain(' x 0.5 h x ');
  expect(job.body.jobanalyses[0].hardware.walltime).toBeNull();
});

test('what could not be saved is refused under the same fields as by create', async () => {
  const template = (await uploadFile(platform, 'in', 'x = ${nobody}')).id;
  const bad = [
    definition('true', { name: '' }),
    definition('true', {}, { hardware: { coreType: 'obsidian', coresPerSlot: 1, slots: 1 } }),
    definition('true', {}, { inputFiles: [{ id: 'nobody' }] }),
    definition('true', { jobvariables: [counting('x', 3, 1)] }),
    definition(
      'true',
      { jobvariables: [counting('x', 1, 2)] },
      { templateTasks: [{ processedFilename: 'in', templateFile: { id: template } }] },
    ),
  ];
  for (const wanted of bad) {
    const created = await platform.call('POST', '/api/v2/jobs/', wanted);
    const previewed = await preview({ definition: wanted });
    expect(created.status).toBe(400);
    expect(previewed.status).toBe(400);
    // The definition is a field of the preview where its shape is wrong, and the whole of it where its content is.
    expect(previewed.body.definition ?? previewed.body).toEqual(created.body);
  }
});

test('a file of somebody else is not read, under whatever id', async () => {
  const { id } = await uploadFile(platform, 'secret', 'secret ${x}');
  const theirs = sweep({}, {}, id);
  const refused = await preview({ definition: theirs }, other.key);
  expect(refused.status).toBe(400);
  expect(JSON.stringify(refused.body)).not.toContain('secret');
  const own = await preview({ definition: theirs, contents: { [id]: 'own ${x} ${y}' } }, other.key);
  expect(own.body.templates[0].rendered).toBe('own 1 10');
});

test('an optimizer has no points beforehand', async () => {
  const design = { ...counting('x', 0, 1), variableType: 'Design', valueGeneratorType: '' };
  const optimizer = { method: 'nelder-mead', objective: { name: 'f', goal: 'minimize' }, maxRuns: 8 };
  const { status, body } = await preview({
    definition: sweep({ jobvariables: [design], optimizer }),
    contents: { mine: '${x}' },
  });
  expect(status).toBe(200);
  expect(body.runs.count).toBeNull();
  expect(body.points).toEqual([]);
  expect(body.templates[0].rendered).toBeNull();
});

test('a long file is shown from its beginning', async () => {
  const { body } = await preview({ definition: sweep(), contents: { mine: `\${x}${'é'.repeat(200_000)}` } });
  expect(body.templates[0].isCut).toBe(true);
  expect(body.templates[0].rendered.startsWith('1éé')).toBe(true);
  expect(Buffer.byteLength(body.templates[0].rendered)).toBeLessThanOrEqual(256 * 1024 + 3);
});

test('nothing is saved', async () => {
  const before = (await platform.call('GET', '/api/v2/jobs/counts/')).body;
  await preview({ definition: sweep(), contents: { mine: TEMPLATE } });
  expect((await platform.call('GET', '/api/v2/jobs/counts/')).body).toEqual(before);
});

test('a job on a persistent cluster costs nothing beside that, as it will say when it is saved', async () => {
  const clusterId = await createCluster(platform);
  const hardware = { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 };
  const wanted = definition('true', { clusterId }, { hardware });
  const { body } = await preview({ definition: wanted });
  const id = await saveJob(platform, wanted);
  const { body: job } = await platform.call('GET', `/api/v2/jobs/${id}/`);
  expect(body.estimate.most).toEqual(job.cost.estimate);
  expect(Number(body.estimate.perHour.amount)).toBe(0);
  expect(body.estimate.perHour.formula).toContain(' x 0 h');
});

test('an administrator clones a job that is on a cluster of somebody else, onto one of its own', async () => {
  const clusterId = await createCluster(platform, {}, other.key);
  const hardware = { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 };
  const id = await saveJob(platform, definition('true', { clusterId }, { hardware }), other.key);
  const { status, body } = await platform.call('POST', `/api/v2/jobs/${id}/clone/`, {});
  expect([status, body.clusterId]).toEqual([201, null]);
  expect(JSON.stringify(body.warnings)).toContain(clusterId);
});

test('a preview of very many templates has an end, and says which are left out', async () => {
  const templateTasks = Array.from({ length: 60 }, (_, index) => ({
    processedFilename: `in${index}`,
    templateFile: { id: 'mine' },
  }));
  // Whether one of those that are left out has it is not known.
  const jobvariables = [counting('x', 1, 3), counting('y', 1, 2)];
  const { status, body } = await preview({
    definition: definition('./solve', { jobvariables }, { templateTasks }),
    contents: { mine: `x = \${x}\n${'-'.repeat(300_000)}\n` },
  });
  expect(status).toBe(200);
  expect(body.templates).toHaveLength(60);
  const shown = body.templates.filter(({ rendered }: { rendered: string | null }) => rendered !== null);
  expect(shown).toHaveLength(32);
  expect(body.templates[59]).toMatchObject({ rendered: null, isCut: true, problem: null });
  expect(body.unused).toEqual([]);
  expect(body.warnings).toContainEqual(expect.stringContaining('The last 28 of 60 templates'));
});
