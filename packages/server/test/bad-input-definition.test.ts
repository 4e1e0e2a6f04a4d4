import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { often } from '../../contract/testing/often.ts';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { definition, leaves, rawRequest, saveJob, sendRaw, uploadFile } from './platform-harness.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ cores: 8 });
});
afterAll(async () => {
  const log = platform.log();
  await platform[Symbol.asyncDispose]();
  // Whatever was sent, nothing of it may have been a surprise to the server.
  expect(log).not.toContain('request failed');
});

const create = (body: unknown) => platform.call('POST', '/api/v2/jobs/', body);
const withTile = (change: object) => definition('true', {}, change);
const withHardware = (change: object) =>
  withTile({ hardware: { coreType: 'quartz', coresPerSlot: 1, ...change } });
const without = (key: string) => {
  const { [key]: _, ...rest } = definition() as Record<string, unknown>;
  return rest;
};
const tileWithout = (key: string) => {
  const { [key]: _, ...rest } = definition().jobanalyses[0] as Record<string, unknown>;
  return { name: 'x', jobanalyses: [rest] };
};

describe('a job definition is refused under the field, saying what is allowed', () => {
  test.each<[string, unknown, string, RegExp]>([
    ['no name', without('name'), 'name', /required/],
    ['no tiles', without('jobanalyses'), 'jobanalyses', /required/],
    ['an empty list of tiles', { ...definition(), jobanalyses: [] }, 'jobanalyses', /may not be empty/],
    ['tiles as an object', { ...definition(), jobanalyses: {} }, 'jobanalyses', /Expected a list.*"object"/],
    [
      'a tile as text',
      { ...definition(), jobanalyses: ['x'] },
      'jobanalyses.0.non_field_errors',
      /Expected an object/,
    ],
    ['null as a tile', { ...definition(), jobanalyses: [null] }, 'jobanalyses.0.non_field_errors', /null/],
    ['a blank name', definition('true', { name: '  ' }), 'name', /may not be blank/],
    ['a name of 300 characters', definition('true', { name: 'x'.repeat(300) }), 'name', /no more than 255/],
    ['NUL in the name', definition('true', { name: 'a\0b' }), 'name', /Control characters/],
    ['a line break in the name', definition('true', { name: 'a\nb' }), 'name', /Control characters/],
    ['an object as name', definition('true', { name: {} }), 'name', /Not a valid string/],
    ['null as name', definition('true', { name: null }), 'name', /may not be null/],
    ['no command', tileWithout('command'), 'jobanalyses.0.command', /required/],
    ['no tile with a command', withTile({ command: '  ' }), 'jobanalyses.0.command', /may not be blank/],
    ['null as command', withTile({ command: null }), 'jobanalyses.0.command', /may not be null/],
    ['NUL in the command', withTile({ command: 'echo a\0b' }), 'jobanalyses.0.command', /Null characters/],
    [
      'a command beyond the limit',
      withTile({ command: 'x'.repeat(262_145) }),
      'jobanalyses.0.command',
      /no more than 262144/,
    ],
    ['no analysis', tileWithout('analysis'), 'jobanalyses.0.analysis', /required/],
    ['an analysis without code', withTile({ analysis: {} }), 'jobanalyses.0.analysis.code', /required/],
    [
      'an analysis as text',
      withTile({ analysis: 'user_included' }),
      'jobanalyses.0.analysis',
      /Expected an object/,
    ],
    [
      'an unknown analysis',
      withTile({ analysis: { code: 'nastran' } }),
      'jobanalyses.0.analysis.code',
      /"nastran".*analyses\//,
    ],
    [
      'an unknown version',
      withTile({ analysis: { code: 'user_included', version: '9' } }),
      'jobanalyses.0.analysis.version',
      /The specified version is not available.*0/,
    ],
    ['no hardware', tileWithout('hardware'), 'jobanalyses.0.hardware', /required/],
    [
      'no core type',
      withTile({ hardware: { coresPerSlot: 1 } }),
      'jobanalyses.0.hardware.coreType',
      /required/,
    ],
    [
      'an unknown core type',
      withHardware({ coreType: 'kryptonite' }),
      'jobanalyses.0.hardware.coreType',
      /"kryptonite".*coretypes\//,
    ],
    [
      'the prototype of a core type',
      withHardware({ coreType: '__proto__' }),
      'jobanalyses.0.hardware.coreType',
      /no core type "__proto__"/,
    ],
    [
      'the constructor of an analysis',
      withTile({ analysis: { code: 'constructor' } }),
      'jobanalyses.0.analysis.code',
      /no analysis "constructor"/,
    ],
    [
      'cores that are not offered',
      withHardware({ coreType: 'granite' }),
      'jobanalyses.0.hardware.coresPerSlot',
      /1 is not offered for Granite; choose cores from: 2/,
    ],
    [
      'a core type that the host is too small for',
      withHardware({ coreType: 'diamond', coresPerSlot: 64 }),
      'jobanalyses.0.hardware.coreType',
      /is not available: /,
    ],
    [
      'no cores',
      withHardware({ coresPerSlot: 0 }),
      'jobanalyses.0.hardware.coresPerSlot',
      /greater than or equal to 1/,
    ],
    [
      'half a core',
      withHardware({ coresPerSlot: 1.5 }),
      'jobanalyses.0.hardware.coresPerSlot',
      /valid integer/,
    ],
    [
      'a walltime with a unit',
      withHardware({ walltime: '90m' }),
      'jobanalyses.0.hardware.walltime',
      /A valid number is required\. It is in hours: 1\.5 is/,
    ],
    [
      'cores as words',
      withHardware({ coresPerSlot: 'two' }),
      'jobanalyses.0.hardware.coresPerSlot',
      /valid integer/,
    ],
    [
      '2^53 cores',
      withHardware({ coresPerSlot: 2 ** 53 }),
      'jobanalyses.0.hardware.coresPerSlot',
      /valid integer/,
    ],
    [
      'too many slots',
      withHardware({ slots: 100_001 }),
      'jobanalyses.0.hardware.slots',
      /less than or equal to 100000/,
    ],
    [
      'a walltime over the limit',
      withHardware({ walltime: 337 }),
      'jobanalyses.0.hardware.walltime',
      /337 hours.*longest is 336/,
    ],
    [
      'a walltime of none',
      withHardware({ walltime: 0 }),
      'jobanalyses.0.hardware.walltime',
      /greater than 0\. It is in hours/,
    ],
    ['an interactive job', withHardware({ type: 'interactive' }), 'jobanalyses.0.hardware.type', /"compute"/],
    [
      'an unknown type',
      withHardware({ type: 'quantum' }),
      'jobanalyses.0.hardware.type',
      /compute, interactive/,
    ],
    [
      'an unknown input',
      withTile({ inputFiles: [{ id: 'NoFile' }] }),
      'jobanalyses.0.inputFiles.0.id',
      /no file "NoFile"/,
    ],
    ['an input without id', withTile({ inputFiles: [{}] }), 'jobanalyses.0.inputFiles.0.id', /required/],
    ['inputs as text', withTile({ inputFiles: 'AbCdEf' }), 'jobanalyses.0.inputFiles', /Expected a list/],
    [
      'a variable with a blank in its name',
      withTile({ envVars: { 'a b': '1' } }),
      'jobanalyses.0.envVars.a b',
      /without "=", blanks/,
    ],
    ['NUL in a variable', withTile({ envVars: { A: 'x\0y' } }), 'jobanalyses.0.envVars.A', /Null characters/],
    [
      'an object in a variable',
      withTile({ envVars: { A: {} } }),
      'jobanalyses.0.envVars.A',
      /Not a valid string/,
    ],
    ['variables as a list', withTile({ envVars: ['A=1'] }), 'jobanalyses.0.envVars', /Expected an object/],
    [
      'a truth that is none',
      definition('true', { isLowPriority: 'perhaps' }),
      'isLowPriority',
      /valid boolean/,
    ],
    [
      'an unknown priority',
      definition('true', { billingPriorityValue: 'FREE' }),
      'billingPriorityValue',
      /INSTANT, ON_DEMAND, RESERVED/,
    ],
    [
      'an unknown project',
      definition('true', { projectId: 'NoProj' }),
      'projectId',
      /no project "NoProj".*users\/me\/projects/,
    ],
    [
      'too many tags',
      definition('true', { tags: Array.from({ length: 101 }, String) }),
      'tags',
      /no more than 100/,
    ],
    [
      'a parameter file that is not there',
      definition('true', { paramFile: { id: 'NoFile' } }),
      'paramFile.id',
      /no file "NoFile"/,
    ],
    [
      'a case file that is not there',
      definition('true', { caseFile: { id: 'NoFile' } }),
      'caseFile.id',
      /no file "NoFile"/,
    ],
    ['an optimizer without an aim', definition('true', { optimizer: {} }), 'optimizer.objective', /required/],
    [
      'an unknown generator',
      definition('true', {
        jobvariables: [
          {
            ...{ name: 'x', variableType: 'Param', displayOrder: 1 },
            ...{ valueGeneratorType: 'Guess', valueGeneratorSettings: {} },
          },
        ],
      }),
      'jobvariables.0.valueGeneratorType',
      /not a valid choice/,
    ],
    [
      'a template that is not there',
      withTile({ templateTasks: [{ processedFilename: 'x', templateFile: { id: 'NoFile' } }] }),
      'jobanalyses.0.templateTasks.0.templateFile.id',
      /no file "NoFile"/,
    ],
    [
      'more retries than anybody waits for',
      definition('true', { retryPolicy: { maxRetries: 101 } }),
      'retryPolicy.maxRetries',
      /less than or equal to 100/,
    ],
    [
      'lost runs to be resumed, and no run to be executed again',
      definition('true', { retryPolicy: { agentLost: 'resume' } }),
      'retryPolicy.maxRetries',
      /needs maxRetries/,
    ],
    [
      'something unheard of for lost runs',
      definition('true', { retryPolicy: { agentLost: 'forget' } }),
      'retryPolicy.agentLost',
      /not a valid choice. Choose one of: fail, retry, resume/,
    ],
    [
      'a cluster that there is not',
      definition('true', { clusterId: 'ClUsTe' }),
      'clusterId',
      /^There is no persistent cluster "ClUsTe"/,
    ],
    ['a list', [], 'non_field_errors', /Expected an object, but got array/],
    ['a number', 5, 'non_field_errors', /Expected an object, but got number/],
    ['a text', 'x', 'non_field_errors', /Expected an object, but got string/],
  ])('%s', async (_what, body, path, words) => {
    const { status, body: refusal } = await create(body);
    expect(status).toBe(400);
    expect(leaves(refusal)).toEqual([[path, expect.stringMatching(words)]]);
  });

  test('more input files than a database would look up at once', async () => {
    const inputFiles = Array.from({ length: 10_000 }, () => ({ id: 'NoFile' }));
    const tile = { ...definition().jobanalyses[0], inputFiles };
    const { status, body } = await create(definition('true', { jobanalyses: [tile, tile, tile, tile] }));
    expect([status, leaves(body)]).toEqual([
      400,
      [['jobanalyses', expect.stringMatching(/at most 10000 input files/)]],
    ]);
    const one = await create(definition('true', { jobanalyses: [tile] }));
    expect(one.status).toBe(400);
  });
});

describe('a name may be anything that can be seen', () => {
  test.each([
    '../../etc/passwd',
    'Ölwanne — größer',
    '模型 ①',
    '<script>alert(1)</script>',
    '%2e%2e',
    "'; DROP TABLE jobs; --",
    '\u202Eevil',
    '__proto__',
    '😀',
  ])('%s', async (name) => {
    const { status, body } = await create(definition('true', { name }));
    expect([status, body.name]).toEqual([201, name]);
    const found = await platform.call('GET', `/api/v2/jobs/?search=${encodeURIComponent(name)}`);
    expect(found.body.results.map((job: { id: string }) => job.id)).toContain(body.id);
  });
});

test('keys that JavaScript treats in its own way are data like others, or refused where they would be lost', async () => {
  const send = async (envVars: string) => {
    const text = JSON.stringify(withTile({ envVars: {} })).replace(
      '"envVars":{}',
      `"envVars":${envVars},"__proto__":{"command":"false"},"constructor":{"prototype":{"x":1}}`,
    );
    const request = rawRequest(platform, 'POST', '/api/v2/jobs/', { body: text });
    const { status, text: answer } = await sendRaw(platform, request);
    return { status, body: JSON.parse(answer) };
  };
  const kept = await send('{"constructor":"c","toString":"t"}');
  expect([kept.status, kept.body.jobanalyses?.[0].command]).toEqual([201, 'true']);
  expect(kept.body.jobanalyses[0].envVars).toMatchObject({ constructor: 'c', toString: 't' });
  const lost = await send('{"__proto__":"p"}');
  expect(lost.status).toBe(400);
  expect(JSON.stringify(lost.body.jobanalyses[0].envVars)).toContain('__proto__');
  expect(({} as Record<string, unknown>).x).toBeUndefined();
  expect((await create(definition())).body.jobanalyses[0].envVars).toEqual({});
});

test('a definition with anything anywhere is saved or refused, and never a fault of the server', async () => {
  const base = definition('true', {
    tags: ['x'],
    projectId: null,
    isLowPriority: false,
    jobAutomations: [],
    archiveFilters: [{ selector: '*' }],
    optimizer: null,
    onDemandLicenseSeller: null,
  });
  Object.assign(base.jobanalyses[0]!, {
    envVars: { A: '1' },
    inputFiles: [{ id: 'AbCdEf', decompress: true }],
    flags: { igCv: true },
    userDefinedLicenseSettings: { featureSets: [{ name: 'a', features: [{ name: 'b', count: 1 }] }] },
    hardware: { coreType: { code: 'quartz' }, coresPerSlot: 1, slots: 1, walltime: 1, type: 'compute' },
  });
  const paths = allPaths(base);
  const job = await saveJob(platform);
  const hostile = fc.oneof(
    fc.jsonValue({ maxDepth: 4 }),
    fc.constantFrom(
      null,
      '',
      ' ',
      '\0',
      '__proto__',
      -0,
      1e308,
      2 ** 53,
      -1,
      [],
      {},
      [[]],
      [null],
      'true',
      '1e999',
      { id: null },
      { code: {} },
    ),
    fc.string({ unit: 'binary' }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...paths), hostile), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('POST', 'PATCH', 'PUT'),
      async (mutations, method) => {
        const body = structuredClone(base);
        for (const [path, value] of mutations) {
          put(body, path, value);
        }
        const target = method === 'POST' ? '/api/v2/jobs/' : `/api/v2/jobs/${job}/`;
        const answer = await platform.call(method, target, body);
        expect([200, 201, 400]).toContain(answer.status);
        if (answer.status === 400) {
          expect(leaves(answer.body).length).toBeGreaterThan(0);
        } else {
          expect((await platform.call('GET', `/api/v3/jobs/${answer.body.id}/`)).status).toBe(200);
        }
      },
    ),
    {
      numRuns: often(250),
    },
  );
});

type Json = Record<string, unknown>;

function allPaths(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) {
    return [path];
  }
  return [path, ...Object.entries(value).flatMap(([key, item]) => allPaths(item, [...path, key]))].filter(
    (each) => each.length > 0,
  );
}

/** Puts a value at a path, as far as there still is something to put it into. */
function put(target: unknown, path: readonly string[], value: unknown): void {
  const [first, ...rest] = path;
  if (typeof target !== 'object' || target === null || first === undefined) {
    return;
  }
  if (rest.length === 0) {
    (target as Json)[first] = value;
  } else {
    put((target as Json)[first], rest, value);
  }
}

describe('files', () => {
  test('that were deleted cannot be attached, and stop a saved job at submit in words', async () => {
    const { id, name } = await uploadFile(platform, 'gone.txt');
    const body = withTile({ inputFiles: [{ id }] });
    const jobId = await saveJob(platform, body);
    await platform.call('DELETE', `/api/v2/files/${id}/`);
    const again = await create(body);
    expect([again.status, leaves(again.body)]).toEqual([
      400,
      [['jobanalyses.0.inputFiles.0.id', expect.stringContaining(id)]],
    ]);
    const submit = await platform.call('POST', `/api/v2/jobs/${jobId}/submit/`);
    expect([submit.status, submit.body]).toEqual([
      400,
      {
        detail: expect.stringContaining(`${name} (${id})`),
        code: 'input_deleted',
        hint: expect.stringContaining('PATCH'),
      },
    ]);
    expect((await platform.call('GET', `/api/v2/jobs/${jobId}/statuses/`)).body.count).toBe(0);
  });
});

test('the server is well after all this', async () => {
  expect((await platform.call('GET', '/api/v2/users/me/')).status).toBe(200);
  expect((await create(definition())).status).toBe(201);
});
