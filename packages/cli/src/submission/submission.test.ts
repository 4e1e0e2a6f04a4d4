import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnalysisVersion, CoreType } from '@quarry/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ran, runQuarry } from '../../testing/run-quarry.ts';
import { catalogue, page, type Route, startSmallPlatform } from '../../testing/small-platform.ts';
import { EXIT } from '../exit-codes.ts';
import { chooseHardware } from './core-types.ts';

const type = (code: string, cores: number[], price: number, more: Partial<CoreType> = {}) =>
  ({
    code,
    name: code.toUpperCase(),
    cores,
    price,
    lowPriorityPrice: String(price / 2),
    ...more,
  }) as CoreType;
const granite = type('granite', [2, 4], 0.05);
const pumice = type('pumice', [1, 2, 4, 8], 0.03);
const slate = type('slate', [1], 0.01, { isActive: false, unavailableReason: 'The host has too few cores.' });
const types = [granite, pumice, slate];

describe('chooseHardware()', () => {
  test('takes the cheapest core type that is available and offers the cores', () => {
    expect(chooseHardware(types, { cores: 2, lowPriority: false })).toEqual({
      type: pumice,
      code: 'pumice',
      cores: 2,
      cheapest: true,
    });
  });

  test('takes the fewest cores when none are named', () => {
    expect(chooseHardware([granite], { lowPriority: false }).cores).toBe(2);
  });

  test('keeps to the core types that the software runs on', () => {
    const version = { allowedCoreTypes: ['granite'] } as AnalysisVersion;
    expect(chooseHardware(types, { cores: 2, lowPriority: false, version }).code).toBe('granite');
  });

  test('takes no core type by itself that does not list the cores', () => {
    expect(() => chooseHardware(types, { cores: 1000, lowPriority: false })).toThrow(
      'No core type with 1000 cores is available for this job; there is granite: 2, 4; pumice: 1, 2, 4, 8.',
    );
  });

  test('counts several nodes of the largest size as offered by a type that is named', () => {
    expect(chooseHardware(types, { coreType: 'pumice', cores: 16, lowPriority: false }).cores).toBe(16);
  });

  test('takes the next larger slot where just so many cores are not asked for', () => {
    const least = { coresAreLeast: true, lowPriority: false };
    expect(chooseHardware(types, { cores: 3, ...least })).toMatchObject({ code: 'pumice', cores: 4 });
    expect(chooseHardware(types, { coreType: 'granite', cores: 3, ...least }).cores).toBe(4);
    expect(() => chooseHardware(types, { cores: 9, ...least })).toThrow('with at least 9 cores');
    expect(() => chooseHardware(types, { coreType: 'granite', cores: 5, ...least })).toThrow(
      'GRANITE (granite) has no slot with at least 5 cores.',
    );
  });

  test('takes a slot that has the GPUs, and refuses where there is none', () => {
    const basalt = type('basalt', [2, 4, 8], 9, { gpuCounts: [0, 1, 2] });
    const wish = { gpus: 1, lowPriority: false };
    expect(chooseHardware([...types, basalt], wish)).toMatchObject({ code: 'basalt', cores: 4 });
    expect(chooseHardware([basalt], { ...wish, cores: 5, coresAreLeast: true }).cores).toBe(8);
    expect(() => chooseHardware([...types, basalt], { ...wish, gpus: 3 })).toThrow('with 3 GPUs');
    expect(() => chooseHardware(types, { ...wish, coreType: 'granite' })).toThrow('with 1 GPU.');
  });

  test('finds a core type by its name, whatever the case', () => {
    expect(chooseHardware(types, { coreType: ' Granite ', lowPriority: false })).toMatchObject({
      code: 'granite',
      cheapest: false,
    });
  });

  test('passes a core type on that the platform does not list', () => {
    expect(chooseHardware(types, { coreType: 'emerald', cores: 3, lowPriority: false })).toEqual({
      code: 'emerald',
      cores: 3,
      cheapest: false,
    });
  });

  test('says what is offered when the cores do not fit', () => {
    expect(() => chooseHardware(types, { coreType: 'granite', cores: 1, lowPriority: false })).toThrow(
      'GRANITE (granite) offers 2, 4 cores, not 1.',
    );
    expect(() => chooseHardware(types, { cores: 3, lowPriority: false })).toThrow(
      'No core type with 3 cores is available',
    );
  });
});

describe('jobs submit --dry-run', () => {
  let folder: string;
  const read =
    (path: string): Route =>
    () => ({ body: catalogue[path] });
  const catalogue: Record<string, unknown> = {
    '/api/v2/coretypes/': page(types),
    '/api/v2/analyses/': page([
      {
        code: 'user_included',
        name: 'Own',
        versions: [{ versionCode: '0', version: 'CPU', allowedCoreTypes: [] }],
      },
      {
        code: 'openfoam',
        name: 'OpenFOAM',
        versions: [
          { versionCode: '12', version: '12', allowedCoreTypes: [] },
          { versionCode: '2.3.1-openmpi', version: '2.3.1', allowedCoreTypes: ['granite'] },
        ],
      },
    ]),
    '/api/v2/billing/computeprices/': [{ value: { amount: '0.05', currency: 'EUR' } }],
    '/api/v2/users/me/projects/': page([{ id: 'prjcta', name: 'Wings' }]),
  };
  const routes = Object.fromEntries(Object.keys(catalogue).map((path) => [`GET ${path}`, read(path)]));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quarry-cli-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function dryRun(argv: string[], stdin?: string): Promise<Ran & { answer: Record<string, never> }> {
    await using platform = await startSmallPlatform(routes);
    const ran = await runQuarry(['jobs', 'submit', '--dry-run', '--json', ...argv], {
      environment: platform.environment,
      ...(stdin !== undefined && { stdin }),
    });
    const changing = platform.requests.filter((request) => !request.startsWith('GET'));
    expect(changing.filter((request) => request !== 'POST /api/v2/jobs/preview/')).toEqual([]);
    return { ...ran, answer: ran.stdout === '' ? {} : JSON.parse(ran.stdout) };
  }
  const write = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };

  test('describes a job by options, with the price and how it comes about', async () => {
    const input = await write('pi.py', 'print(3)\n');
    const { answer, stderr, exitCode } = await dryRun([
      ...['--command', 'python pi.py', '--input', input, '--cores', '2', '--slots', '3', '--walltime', '10'],
      ...['--env', 'K=a=b', '--project', 'wings', '--tag', 'first', '--existing-file', 'abcDEF'],
    ]);
    expect(exitCode).toBe(0);
    expect(answer).toMatchObject({
      id: null,
      submitted: false,
      coreType: 'pumice',
      cheapest: true,
      estimate: { perHour: 0.18, amount: 1.8, currency: 'EUR', hours: 10, isLongest: false },
      inputs: [{ path: input, name: 'pi.py', sizeBytes: 9 }],
      definition: {
        name: 'pi.py',
        projectId: 'prjcta',
        tags: ['first'],
        jobanalyses: [
          {
            analysis: { code: 'user_included' },
            command: 'python pi.py',
            envVars: { K: 'a=b' },
            inputFiles: [{ id: 'abcDEF' }],
            hardware: { coreType: 'pumice', coresPerSlot: 2, slots: 3, walltime: 10 },
          },
        ],
      },
    });
    expect(stderr).toBe('');
    expect(answer.estimate).toMatchObject({
      formula: '2 cores x 3 slots x 10 h x 0.03 EUR per core hour = 1.80 EUR',
    });
  });

  test('takes the core type of a persistent cluster, whose hours are paid for', async () => {
    const cluster = { id: 'cLUste', hardware: { coreType: { code: 'granite', name: 'Granite' } } };
    const its = { 'GET /api/v3/clusters/cLUste/': () => ({ body: cluster }) };
    await using platform = await startSmallPlatform({ ...routes, ...its });
    const argv = ['jobs', 'submit', '--dry-run', '--json', '--command', 'x', '--cluster', 'cLUste'];
    const { definition, coreType, estimate } = JSON.parse((await runQuarry(argv, platform)).stdout);
    expect([definition.clusterId, coreType, estimate]).toEqual(['cLUste', 'granite', null]);
  });

  test('says in words what was chosen, the price of an hour and the most there can be', async () => {
    const user = { 'GET /api/v2/users/me/': () => ({ body: { maxJobHours: 336 } }) };
    await using platform = await startSmallPlatform({ ...routes, ...user });
    const argv = ['jobs', 'submit', '--dry-run', '--command', 'x', '--cores', '1'];
    const untimed = await runQuarry(argv, platform);
    expect(untimed.stderr).toBe(
      'Core type: PUMICE (pumice) with 1 core, the cheapest that fits\n' +
        'Price per hour: 1 core x 1 slot x 1 h x 0.03 EUR per core hour = 0.03 EUR\n' +
        'Price at most: 10.08 EUR (336 h, the longest walltime here: no --walltime is given)\n' +
        'Nothing was sent. Price: 0.03 EUR per hour, at most 10.08 EUR (336 h, the longest walltime here: ' +
        'no --walltime is given)\n',
    );
    const timed = await runQuarry([...argv, '--walltime', '2'], platform);
    expect(timed.stderr).toContain('Price: 0.03 EUR per hour, at most 0.06 EUR (2 h)\n');
    const { stdout } = await runQuarry([...argv, '--json'], platform);
    expect(JSON.parse(stdout).estimate).toMatchObject({ perHour: 0.03, amount: 10.08, hours: 336 });
  });

  test('takes hours as people write them, in whole hours where the platform may know no others', async () => {
    const { answer } = await dryRun(['--command', 'x', '--cores', '1', '--walltime', '90m']);
    expect(answer).toMatchObject({
      definition: { jobanalyses: [{ hardware: { walltime: 2 } }] },
      estimate: { amount: 0.06, hours: 2 },
    });
    expect(answer.warnings).toEqual([
      'The walltime of 1.5 hours counts as 2: this platform may take whole hours only.',
    ]);
    const previewing = {
      'POST /api/v2/jobs/preview/': ({ body }: { body: string }) => {
        const { walltime } = JSON.parse(body).definition.jobanalyses[0].hardware;
        const cost = { amount: '0.05', currency: 'EUR', formula: '' };
        const estimate = { most: cost, perHour: cost, hours: walltime, isLongest: false, isDefault: false };
        return { body: { estimate, runs: { count: 1, factors: [] }, warnings: [] } };
      },
    };
    await using platform = await startSmallPlatform({ ...routes, ...previewing });
    for (const [written, hours] of [
      ['90m', 1.5],
      ['1:15', 1.25],
      ['0.5', 0.5],
    ] as const) {
      const argv = ['jobs', 'submit', '--dry-run', '--json', '--command', 'x', '--walltime', written];
      const { definition, estimate } = JSON.parse((await runQuarry(argv, platform)).stdout);
      expect([definition.jobanalyses[0].hardware.walltime, estimate.hours]).toEqual([hours, hours]);
    }
    const wrong = await runQuarry(['jobs', 'submit', '--command', 'x', '--walltime', 'soon'], platform);
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('--walltime takes hours, such as 2 or 1.5, or a time such as 90m'),
    ]);
  });

  test('says that the hours are those of the platform where no walltime was given', async () => {
    const cost = { amount: '0.72', currency: 'EUR', formula: '1 core x 1 slot x 24 h' };
    const estimate = { most: cost, perHour: cost, hours: 24, isLongest: false, isDefault: true };
    const preview = () => ({ body: { estimate, runs: { count: 1, factors: [] }, warnings: [] } });
    await using platform = await startSmallPlatform({ ...routes, 'POST /api/v2/jobs/preview/': preview });
    const { stderr } = await runQuarry(['jobs', 'submit', '--dry-run', '--command', 'x'], platform);
    expect(stderr).toContain('24 h is what the platform gives jobs for which no --walltime is given');
  });

  test('pretends no hours where the platform does not tell its longest walltime', async () => {
    const { answer } = await dryRun(['--command', 'x', '--cores', '2']);
    expect(answer.estimate).toMatchObject({ perHour: 0.06, amount: null, hours: null, isLongest: true });
  });

  test('takes the low price for low priority', async () => {
    const { answer } = await dryRun(['--command', 'x', '--cores', '2', '--walltime', '1', '--low-priority']);
    expect(answer).toMatchObject({ definition: { isLowPriority: true }, estimate: { amount: 0.03 } });
  });

  test('describes a job by a script, which becomes run.sh, and lets options win', async () => {
    const mesh = await write('mesh.inp', 'm');
    const script = await write(
      'wing.sh',
      '#RESCALE_NAME=wing\n#RESCALE_CORE_TYPE=Granite\n#RESCALE_CORES=4\n#RESCALE_WALLTIME=5\n' +
        '#RESCALE_PROJECT_ID=Wings\n#RESCALE_ENV_A=1\n#RESCALE_ENV_A=2\nmodule load openfoam/2.3.1\n',
    );
    const { answer } = await dryRun([script, mesh, '--walltime', '7', '--env', 'B=3']);
    expect(answer.warnings).toEqual([]);
    expect(answer).toMatchObject({
      coreType: 'granite',
      cheapest: false,
      inputs: [
        { path: script, name: 'run.sh' },
        { path: mesh, name: 'mesh.inp' },
      ],
      definition: {
        name: 'wing',
        projectId: 'prjcta',
        jobanalyses: [
          {
            command: './run.sh',
            analysis: { code: 'openfoam', version: '2.3.1-openmpi' },
            envVars: { A: '1:2', B: '3' },
            hardware: { coresPerSlot: 4, walltime: 7 },
          },
        ],
      },
    });
  });

  test('--cheapest wins over the core type of the script', async () => {
    const script = await write('cheap.sh', '#RESCALE_CORE_TYPE=granite\n#RESCALE_CORES=2\n');
    expect((await dryRun([script, '--cheapest'])).answer).toMatchObject({
      coreType: 'pumice',
      cheapest: true,
    });
  });

  test('passes an unknown core type of a script on, with a warning', async () => {
    const script = await write('old.sh', '#RESCALE_CORE_TYPE=granit\n#RESCALE_CORES=4\n');
    const { answer, exitCode } = await dryRun([script]);
    expect(exitCode).toBe(0);
    expect(answer).toMatchObject({
      coreType: 'granit',
      estimate: null,
      warnings: ['The platform lists no core type "granit". Did you mean granite?'],
    });
  });

  test('warns when the core type is not available, and why', async () => {
    const { answer } = await dryRun(['--command', 'x', '--core-type', 'slate']);
    expect(answer.warnings).toEqual(['Core type slate is not available: The host has too few cores.']);
  });

  test('reads a definition with local paths, from a file relative to it and from standard input', async () => {
    const input = await write('local.inp', 'data');
    const definition = (path: string) =>
      JSON.stringify({
        name: 'defined',
        jobanalyses: [
          {
            analysis: { code: 'openfoam', version: '2.3.1' },
            command: 'run',
            hardware: { coreType: { code: 'granite' }, coresPerSlot: '2', walltime: '' },
            inputFiles: [{ path, decompress: false }, { id: 'abcDEF' }],
          },
        ],
      });
    const expected = {
      inputs: [{ path: input, name: 'local.inp', sizeBytes: 4 }],
      definition: {
        name: 'defined',
        jobanalyses: [
          {
            analysis: { code: 'openfoam', version: '2.3.1-openmpi' },
            inputFiles: [{ id: 'abcDEF' }],
            hardware: { coreType: 'granite', coresPerSlot: 2, slots: 1, walltime: null },
          },
        ],
      },
    };
    const file = await write('job.json', definition('local.inp'));
    expect((await dryRun(['--definition', file])).answer).toMatchObject(expected);
    expect((await dryRun(['--definition', '-'], definition(input))).answer).toMatchObject(expected);
  });

  test.each<[name: string, argv: (folder: string) => string[], words: string]>([
    ['nothing', () => [], 'There is nothing to submit.'],
    [
      'two ways at once',
      (at) => [join(at, 'a.sh'), '--definition', 'job.json'],
      'Describe the job in one way',
    ],
    [
      'an input that is not there',
      (at) => ['--command', 'x', '--input', join(at, 'none')],
      'There is no file',
    ],
    ['a blank command', () => ['--command', ' '], 'is empty: there is nothing to run.'],
    [
      'more cores than any core type has',
      () => ['--command', 'x', '--cores', '1000'],
      'there is granite: 2, 4;',
    ],
    ['a mistyped core type', () => ['--command', 'x', '--core-type', 'granit'], 'Did you mean granite?'],
    [
      'a version there is not',
      () => ['--command', 'x', '--analysis', 'openfoam:9'],
      'has no version "9"; there is 12',
    ],
    [
      'a project there is not',
      () => ['--command', 'x', '--project', 'Tails'],
      'You have no project "Tails"; there is: Wings',
    ],
    [
      'a variable without a value',
      () => ['--command', 'x', '--env', 'K'],
      '--env takes NAME=VALUE, not "K".',
    ],
    ['a definition that is no JSON', (at) => ['--definition', join(at, 'bad.json')], 'is not JSON'],
    [
      'a definition without analyses',
      (at) => ['--definition', join(at, 'empty.json')],
      'has no "jobanalyses"',
    ],
    [
      'a directive that does not fit',
      (at) => [join(at, 'bad.sh')],
      'bad.sh:2: #RESCALE_CORES: takes a number of cores',
    ],
    [
      'two inputs of one name',
      (at) => ['--command', 'x', '--input', join(at, 'one', 'a'), '--input', join(at, 'two', 'a')],
      "would both become a in the job's directory",
    ],
  ])('refuses %s with exit code 2', async (_name, argv, words) => {
    for (const sub of ['one', 'two']) {
      await mkdir(join(folder, sub), { recursive: true });
      await write(join(sub, 'a'), sub);
    }
    await write('bad.json', '{');
    await write('empty.json', '{}');
    await write('bad.sh', '#!/bin/sh\n#RESCALE_CORES=many\n');
    const { exitCode, stdout, stderr } = await dryRun(argv(folder));
    expect(JSON.parse(stderr).error.message).toContain(words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });
});

describe('jobs submit --after', () => {
  const route = (answer: object): Record<string, Route> => ({
    ...catalogue,
    'POST /api/v2/jobs/': ({ body }) => {
      created.push(JSON.parse(body).after);
      return { status: 201, body: { id: 'newJOB', name: 'job', ...answer } };
    },
    'POST /api/v2/jobs/newJOB/submit/': () => ({}),
  });
  const created: unknown[] = [];
  const line = ['jobs', 'submit', '--command', 'true', '--after', 'abcDEF', '--after', 'ghiJKL:any'];

  test('names the jobs that are to end first, and how', async () => {
    await using platform = await startSmallPlatform(route({ after: [] }));
    const { exitCode } = await runQuarry(line, platform);
    expect([exitCode, created.at(-1)]).toEqual([
      0,
      [
        { jobId: 'abcDEF', on: 'success' },
        { jobId: 'ghiJKL', on: 'any' },
      ],
    ]);
    expect(platform.requests.at(-1)).toBe('POST /api/v2/jobs/newJOB/submit/');
  });

  test('does not submit where the platform would start the job at once', async () => {
    await using platform = await startSmallPlatform(route({}));
    const { exitCode, stderr } = await runQuarry(line, platform);
    expect([exitCode, stderr]).toEqual([EXIT.refused, expect.stringContaining('saved and not submitted')]);
    expect(platform.requests).not.toContain('POST /api/v2/jobs/newJOB/submit/');
  });

  test.each(['abcDEF:end', ':any', 'abcDEF:any:any', ''])('refuses %j in words', async (given) => {
    await using platform = await startSmallPlatform(route({}));
    const { exitCode, stderr } = await runQuarry(
      ['jobs', 'submit', '--command', 'true', `--after=${given}`],
      platform,
    );
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--after takes a job')]);
  });
});
