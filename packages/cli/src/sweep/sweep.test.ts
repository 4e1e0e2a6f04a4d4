import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ran, runQuarry } from '../../testing/run-quarry.ts';
import { page, type Route, startSmallPlatform } from '../../testing/small-platform.ts';

const catalogue: Record<string, Route> = {
  'GET /api/v2/coretypes/': () => ({
    body: page([{ code: 'pumice', name: 'Pumice', cores: [1, 2], price: 0.03, lowPriorityPrice: '0.02' }]),
  }),
  'GET /api/v2/analyses/': () => ({ body: page([{ code: 'user_included', name: 'Own', versions: [] }]) }),
  'GET /api/v2/billing/computeprices/': () => ({ body: [{ value: { amount: '0.03', currency: 'USD' } }] }),
  'GET /api/v2/users/me/': () => ({ body: { maxJobHours: 10 } }),
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quarry-sweep-'));
});
afterAll(() => rm(folder, { recursive: true }));

const write = async (name: string, text: string) => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

/** What a test reads of a definition. */
interface Definition {
  includeNominalRun?: boolean;
  monteCarloIterations?: number;
  jobvariables: Record<string, unknown>[];
  jobanalyses: unknown[];
}

async function dryRun(
  ...argv: string[]
): Promise<Ran & { answer: { runs: number | null; inputs: unknown; definition: Definition } }> {
  await using platform = await startSmallPlatform(catalogue);
  const ran = await runQuarry(['sweep', '--dry-run', '--json', ...argv], platform);
  expect(platform.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
  return { ...ran, answer: ran.stdout === '' ? {} : JSON.parse(ran.stdout) };
}

describe('the parameters of a sweep', () => {
  test('become variables of the job in the order they are given in', async () => {
    const { answer, stderr } = await dryRun(
      ...['--param', 'x=0:10:1@5', '--param', 'y=0..1/3', '--param', 'steel=S235,S355', '--nominal', 'run'],
    );
    expect(stderr).toBe('');
    expect(answer).toMatchObject({ id: null, submitted: false, runs: 11 * 3 * 2 + 1 });
    expect(answer.definition.includeNominalRun).toBe(true);
    expect(answer.definition.jobvariables).toEqual([
      {
        name: 'x',
        variableType: 'Param',
        displayOrder: 0,
        valueGeneratorType: 'FixedRange',
        valueGeneratorSettings: { minvalue: 0, maxvalue: 10, increment: 1, nominal: 5 },
      },
      {
        name: 'y',
        variableType: 'Param',
        displayOrder: 1,
        valueGeneratorType: 'Linspace',
        valueGeneratorSettings: { minvalue: 0, maxvalue: 1, count: 3 },
      },
      {
        name: 'steel',
        variableType: 'Param',
        displayOrder: 2,
        valueGeneratorType: 'Values',
        valueGeneratorSettings: { values: ['S235', 'S355'] },
      },
    ]);
  });

  const range = ['--param', 'x=0:1'];
  const both = [...range, '--param', 'y~normal:5:0.5'];
  const x = { minvalue: 0, maxvalue: 1 };
  const y = { mean: 5, stddev: 0.5 };
  test.each<[argv: string[], runs: number | null, types: string[], settings: object[]]>([
    [
      [...both, '--sample', 'random:100', '--seed', '7'],
      100,
      ['Uniform', 'Normal'],
      [
        { ...x, seed: 7 },
        { ...y, seed: 7 },
      ],
    ],
    [
      [...both, '--sample', 'lhs:200'],
      200,
      ['LatinHypercube', 'LatinHypercube'],
      [
        { ...x, count: 200 },
        { ...y, distribution: 'Normal', count: 200 },
      ],
    ],
    [[...range, '--sample', 'sobol:64', '--seed', '0'], 64, ['Sobol'], [{ ...x, seed: 0, count: 64 }]],
    [[...range, '--sample', 'halton:9'], 9, ['Halton'], [{ ...x, count: 9 }]],
    [
      [...both, '--sample', 'saltelli:16'],
      16 * 4,
      ['Saltelli', 'Saltelli'],
      [
        { ...x, count: 16 },
        { ...y, distribution: 'Normal', count: 16 },
      ],
    ],
    [
      [...range, '--sample', 'saltelli:16:second'],
      16 * 4,
      ['Saltelli'],
      [{ ...x, count: 16, secondOrder: true }],
    ],
    [[...range, '--sample', 'morris:5:6'], 10, ['Morris'], [{ ...x, trajectories: 5, levels: 6 }]],
    [
      [...range, '--param', 'z=1,2', '--sample', 'factorial:3'],
      6,
      ['FullFactorial', 'Values'],
      [{ ...x, levels: 3 }, { values: [1, 2] }],
    ],
    [
      [...range, '--param', 'b=0:1', '--param', 'c=0:1', '--sample', 'fractional:c=ab'],
      4,
      ['FractionalFactorial', 'FractionalFactorial', 'FractionalFactorial'],
      [x, x, { ...x, generator: 'ab' }],
    ],
    [[...range, '--sample', 'fractional:4'], null, ['FractionalFactorial'], [{ ...x, resolution: 4 }]],
    [[...range, '--sample', 'ccd:faced'], null, ['CentralComposite'], [{ ...x, kind: 'faced' }]],
  ])('%j make %j runs', async (argv, runs, types, settings) => {
    const { answer, stderr } = await dryRun(...argv, 'run');
    expect(stderr).toBe('');
    const variables = answer.definition.jobvariables;
    expect(answer.runs).toBe(runs);
    expect(variables.map(({ valueGeneratorType }) => valueGeneratorType)).toEqual(types);
    expect(variables.map(({ valueGeneratorSettings }) => valueGeneratorSettings)).toEqual(settings);
    expect(answer.definition.monteCarloIterations).toBe(argv.includes('random:100') ? 100 : undefined);
  });

  test('are what an optimizer chooses', async () => {
    const { answer } = await dryRun(
      ...[
        '--param',
        'x=0:5@1',
        '--minimize',
        'mass',
        '--constraint',
        'stress<=200',
        '--max-runs',
        '40',
        'run',
      ],
    );
    expect(answer.runs).toBeNull();
    expect(answer.definition).toMatchObject({
      jobvariables: [
        {
          variableType: 'Design',
          valueGeneratorType: '',
          valueGeneratorSettings: { minvalue: 0, maxvalue: 5, nominal: 1 },
        },
      ],
      optimizer: {
        objective: { name: 'mass', goal: 'minimize' },
        constraints: [{ name: 'stress', min: null, max: 200 }],
        maxRuns: 40,
      },
    });
  });

  test.each([
    [['run'], 'Nothing varies: there would be one run.'],
    [['--param', 'x=0:10', 'run'], '--param x is a range: say how to take values from it.'],
    [['--param', 'x~normal:0:1', 'run'], '--param x is a distribution: say how many runs to draw from it.'],
    [['--param', 'x=1,2', '--sample', 'lhs:5', 'run'], 'no --param is one'],
    [['--param', 'x=1,2', '--param', 'x=3', 'run'], '--param x is there twice.'],
    [['--param', 'x~normal:0:1', '--sample', 'ccd', 'run'], '--sample ccd takes points of ranges'],
    [
      ['--param', 'x=0:1', '--sample', 'fractional:y=a', 'run'],
      'names "y", and no --param of that name is a range',
    ],
    [
      ['--param', 'x=0:1', '--sample', 'lhs:5', '--minimize', 'm', 'run'],
      'An optimizer chooses the values itself',
    ],
    [['--param', 'x=1,2', '--minimize', 'm', 'run'], '--param x is no range'],
    [['--minimize', 'm', 'run'], 'An optimizer needs something to choose.'],
    [['--param', 'x=1,2'], 'There is no command for the runs.'],
    [['--param', 'x=1,2', '--command', 'a', 'b'], 'The command is there twice'],
    [['--param', 'x=1,2', '--retry-on', '1', 'run'], '--retry-on says after which exit codes'],
    [['--param', 'x=1,2', '--retries', '1', '--retry-on', '1,300', 'run'], 'exit codes from 0 to 255'],
    [['--param', 'x=1,2', '--json', 'run', '--csv'], 'would both go to standard output'],
    [['--param', 'x=1,2', '--parquet', '/nowhere/at/all.parquet', 'run'], 'There is no folder /nowhere/at'],
  ])('%j are refused with exit code 2', async (argv, words) => {
    await using platform = await startSmallPlatform(catalogue);
    const { exitCode, stdout, stderr } = await runQuarry(['sweep', ...argv], platform);
    expect(stderr).toContain(words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });

  test('a command that --csv took for the name of its file is pointed out', async () => {
    await using platform = await startSmallPlatform(catalogue);
    const { stderr } = await runQuarry(['sweep', '--param', 'x=1,2', '--csv', './run.sh 1'], platform);
    expect(stderr).toContain('--csv took "./run.sh 1" for the name of a file; write --csv last');
  });
});

describe('the files of a sweep', () => {
  test('are uploaded by their purpose and stand in the definition', async () => {
    const template = await write('U.tmpl', '${x}');
    const same = await write('wing.inp', '${x}');
    const post = await write('post.py', 'print("Cd\\t1")\n');
    const pre = await write('mesh', '#!/bin/sh\n');
    const params = await write('params.csv', 'y\n1\n2\n');
    const cases = await write('cases.csv', 'load\nlow\n');
    const uploads: string[] = [];
    let created: unknown;
    await using platform = await startSmallPlatform({
      ...catalogue,
      'POST /api/v2/files/contents/': ({ body }) => {
        const typeId = /name="typeId"\r\n\r\n(\d+)/.exec(body)?.[1] ?? '-';
        const name = /filename="([^"]*)"/.exec(body)?.[1];
        uploads.push(`${typeId} ${name}`);
        return { status: 201, body: { id: `file${uploads.length}`, name } };
      },
      'POST /api/v2/jobs/': ({ body }) => {
        created = JSON.parse(body);
        return { status: 201, body: { id: 'abcDEF', name: 'sweep', warnings: [] } };
      },
      'POST /api/v2/jobs/abcDEF/submit/': () => ({ body: undefined }),
    });
    const argv = [
      ...['--param', 'x=1,2', '--template', template, '--template', `${same}=case/wing.inp`],
      ...['--template', `${same}=case/other.inp`, '--pre', `${pre}:./mesh --fine`, '--post', post],
      ...['--params', params, '--cases', cases, '--retries', '2', '--retry-on', '1,75', '--max-failed', '9'],
      ...['--no-follow', '--quiet', './solve.sh'],
    ];
    const { exitCode, stdout, stderr } = await runQuarry(['sweep', ...argv], platform);
    expect(stderr).toBe('');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'Sweep abcDEF (solve.sh) is submitted.\n' });
    expect(uploads).toEqual(['2 U.tmpl', '2 wing.inp', '3 params.csv', '8 cases.csv', '4 mesh', '4 post.py']);
    expect(created).toMatchObject({
      paramFile: { id: 'file3' },
      caseFile: { id: 'file4' },
      retryPolicy: { maxRetries: 2, exitCodes: [1, 75], maxFailedRuns: 9 },
      jobanalyses: [
        {
          command: './solve.sh',
          inputFiles: [],
          templateTasks: [
            { processedFilename: 'U', templateFile: { id: 'file1' } },
            { processedFilename: 'case/wing.inp', templateFile: { id: 'file2' } },
            { processedFilename: 'case/other.inp', templateFile: { id: 'file2' } },
          ],
          preProcessScript: { id: 'file5' },
          preProcessScriptCommand: './mesh --fine',
          postProcessScript: { id: 'file6' },
          postProcessScriptCommand: 'python3 post.py',
        },
      ],
    });
  });

  test('are named in a dry run, and only looked at', async () => {
    const template = await write('V.tpl', '${x}');
    const { answer } = await dryRun(
      '--param',
      'x=1,2',
      '--template',
      template,
      '--post-command',
      './out',
      'run',
    );
    expect(answer.inputs).toEqual([{ path: template, name: 'V.tpl', sizeBytes: 4, use: 'template' }]);
    expect(answer.definition.jobanalyses[0]).toMatchObject({ postProcessScriptCommand: './out' });
  });

  test('are refused where they say too little or stand in each other’s way', async () => {
    const script = await write('out.sh', 'x');
    const refusal = async (...argv: string[]) =>
      JSON.parse((await dryRun('--param', 'x=1,2', ...argv, 'run')).stderr).error.message;
    expect(await refusal('--template', 'case.inp')).toContain("what becomes of it in the job's directory");
    expect(await refusal('--template', 'case.inp=')).toContain("what becomes of it in the job's directory");
    expect(await refusal('--post', script, '--input', script)).toContain('would both become out.sh');
    expect(await refusal('--post', join(folder, 'none.sh'))).toContain('There is no file');
    expect(await refusal('--post', `${script}:run it`, '--post-command', 'other')).toContain('is another');
    expect(await refusal('--template', `${folder}=x`)).toContain('is not a file');
  });
});

describe('what the platform refuses', () => {
  test('is told by the options that it came from, and programs get the fields as they are', async () => {
    const template = await write('W.tmpl', '${y}');
    await using platform = await startSmallPlatform({
      ...catalogue,
      'POST /api/v2/files/contents/': () => ({ status: 201, body: { id: 'fileAA', name: 'W.tmpl' } }),
      'DELETE /api/v2/files/fileAA/': () => ({ status: 204 }),
      'POST /api/v2/jobs/': () => ({
        status: 400,
        body: {
          jobvariables: [{}, { valueGeneratorSettings: { count: ['Must be a power of 2.'] } }],
          jobanalyses: [{ templateTasks: [{ templateFile: ['There is no variable "y".'] }] }],
        },
      }),
    });
    const argv = [
      '--param',
      'x=1,2',
      '--param',
      'z=0:1',
      '--sample',
      'sobol:3',
      '--template',
      template,
      'run',
    ];
    const { exitCode, stderr } = await runQuarry(['sweep', ...argv, '--quiet'], platform);
    expect(exitCode).toBe(5);
    expect(stderr).toContain('error: --param z (count): Must be a power of 2.\n');
    expect(stderr).toContain(`--template ${template}: There is no variable "y".\n`);
    expect(platform.requests).toContain('DELETE /api/v2/files/fileAA/');
    const { error } = JSON.parse((await runQuarry(['sweep', ...argv, '--json'], platform)).stderr);
    expect(error.fields[0].path).toBe('jobvariables[1].valueGeneratorSettings.count');
  });
});

describe('a sweep that is followed', () => {
  const results = {
    columns: [
      { name: 'run', kind: 'run', type: 'number' },
      { name: 'outcome', kind: 'run', type: 'text' },
      { name: 'exitCode', kind: 'run', type: 'number' },
      { name: 'x', kind: 'input', type: 'number' },
      { name: 'Cd', kind: 'output', type: 'number' },
      { name: 'Cl', kind: 'output', type: 'number' },
    ],
    rows: [
      [1, 'success', 0, 1, 0.123456789, 2],
      [2, 'failed', 3, 2, null, null],
      [3, 'success', 0, 3, 0.1, 1],
    ],
  };
  const status = (word: string, second: number, reason: string | null = null) => ({
    id: `${word}AB`,
    status: word,
    statusDate: `2026-01-05T09:00:0${second}.000000+00:00`,
    statusReason: reason,
  });
  const following = (more: Record<string, Route> = {}): Record<string, Route> => {
    let looks = 0;
    return {
      ...catalogue,
      'POST /api/v2/jobs/': () => ({ status: 201, body: { id: 'abcDEF', name: 'run' } }),
      'POST /api/v2/jobs/abcDEF/submit/': () => ({ body: undefined }),
      'GET /api/v2/jobs/abcDEF/statuses/': () => {
        looks += 1;
        const rows = [status('Completed', 4, 'A run failed'), status('Executing', 1), status('Pending', 0)];
        return { body: page(rows.slice(Math.max(0, 3 - looks))) };
      },
      'GET /api/v2/jobs/abcDEF/': () => ({
        body: {
          id: 'abcDEF',
          name: 'run',
          outcome: 'failed',
          progress: { runs: 3, ended: looks, failed: 1 },
        },
      }),
      'GET /api/v2/jobs/abcDEF/results/': ({ url }) =>
        url.searchParams.get('format') === 'csv' ? { body: Buffer.from('run,x\r\n') } : { body: results },
      ...more,
    };
  };
  const argv = ['sweep', '--param', 'x=1,2,3', 'run'];

  test('ends with the table, the best runs, the outputs that are missing and the exit code of the job', async () => {
    await using platform = await startSmallPlatform(following());
    const more = ['--best', 'Cd', '--output', 'Cd', '--output', 'Cm'];
    const { exitCode, stdout, stderr } = await runQuarry([...argv, ...more], platform);
    expect(stdout).toBe(
      'RUN  OUTCOME  x           Cd\n' +
        '  1  success  1  0.123456789\n' +
        '  2  failed   2\n' +
        '  3  success  3          0.1\n' +
        '\nLeast Cd\n' +
        'RUN  x           Cd\n' +
        '  3  3          0.1\n' +
        '  1  1  0.123456789\n' +
        '\nJob abcDEF failed after 4.0 s.\nWhat failed: quarry runs list abcDEF --failed\n',
    );
    expect(stderr).toContain('Runs: 3, on 1 slot\n');
    expect(stderr).toContain('warning: No run has an output "Cm"; there is Cd, Cl.\n');
    expect(exitCode).toBe(8);
  });

  test('shows on a terminal one line that tells how far it is, and only what fits its width', async () => {
    await using platform = await startSmallPlatform(following());
    const { stdout, stderr } = await runQuarry(argv, { ...platform, columns: 40 });
    expect(stderr.replaceAll(/\u001b\[[\d;]*m/g, '')).toMatch(
      /\r\u001b\[K\d of 3 runs, 1 failed.* \(0\.\d s\)/,
    );
    const lines = stdout.replaceAll(/\u001b\[[\d;]*m/g, '').split('\n');
    expect(lines[0]).toBe('RUN  OUTCOME  x        Cd  Cl');
    expect(lines[1]).toBe('  1  success  1  0.123457   2');
  });

  test('is one JSON value for a program', async () => {
    await using platform = await startSmallPlatform(following());
    const { stdout, stderr } = await runQuarry([...argv, '--json', '--best', 'Cl:max'], platform);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      id: 'abcDEF',
      submitted: true,
      runs: 3,
      ended: { outcome: 'failed', runs: { runs: 3, failed: 1 } },
      results,
      best: [results.rows[0], results.rows[2]],
      missingOutputs: [],
    });
  });

  test('leaves standard output to the CSV where that goes there', async () => {
    await using platform = await startSmallPlatform(following());
    const { stdout, stderr } = await runQuarry([...argv, '--csv'], platform);
    expect(stdout).toBe('run,x\r\n');
    expect(stderr).toContain('Job abcDEF failed');
  });

  test('has its table in a file, which replaces what was there', async () => {
    const path = await write('results.csv', 'old');
    await using platform = await startSmallPlatform(following());
    const { stdout, stderr } = await runQuarry([...argv, '--csv', path], platform);
    expect(await readFile(path, 'utf8')).toBe('run,x\r\n');
    expect(stderr).toContain(`Saved the results as ${path}\n`);
    expect(stdout).toContain('RUN');
  });

  test('leaves no half of a file behind when the table cannot be read', async () => {
    const path = join(folder, 'never.parquet');
    await using platform = await startSmallPlatform(
      following({
        'GET /api/v2/jobs/abcDEF/results/': ({ url }) =>
          url.searchParams.get('format') === 'parquet'
            ? { status: 501, body: { detail: 'No.' } }
            : { body: results },
      }),
    );
    const { exitCode } = await runQuarry([...argv, '--parquet', path], platform);
    expect(exitCode).toBe(6);
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });

  test('has a table also on a platform that only lists runs', async () => {
    const run = (id: number, variables: object[]) => ({ id: String(id), variables, outcome: 'success' });
    const variable = (name: string, value: number | null, displayValue = String(value)) => ({
      name,
      value,
      displayValue,
    });
    await using platform = await startSmallPlatform(
      following({
        'GET /api/v2/jobs/abcDEF/results/': () => ({ status: 404, body: { detail: 'Not found.' } }),
        'GET /api/v2/jobs/abcDEF/': () => ({
          body: { id: 'abcDEF', name: 'run', jobvariables: [{ name: 'steel', variableType: 'Param' }] },
        }),
        'GET /api/v2/jobs/abcDEF/runs/': () => ({
          body: page([
            run(1, [variable('steel', null, 'S235'), variable('mass', 2)]),
            run(2, [variable('steel', null, 'S,355')]),
          ]),
        }),
      }),
    );
    const table = await runQuarry(['runs', 'table', 'abcDEF', '--json'], platform);
    expect(JSON.parse(table.stdout)).toEqual({
      columns: [
        { name: 'run', kind: 'run', type: 'number' },
        { name: 'outcome', kind: 'run', type: 'text' },
        { name: 'steel', kind: 'input', type: 'text' },
        { name: 'mass', kind: 'output', type: 'number' },
      ],
      rows: [
        [1, 'success', 'S235', 2],
        [2, 'success', 'S,355', null],
      ],
    });
    const { stdout } = await runQuarry(['runs', 'table', 'abcDEF', '--csv'], platform);
    expect(stdout).toBe('run,outcome,steel,mass\r\n1,success,S235,2\r\n2,success,"S,355",\r\n');
  });

  test('goes on when its follower is interrupted, who is told how to come back', async () => {
    const controller = new AbortController();
    await using platform = await startSmallPlatform(
      following({
        'GET /api/v2/jobs/abcDEF/statuses/': () => {
          setImmediate(() => controller.abort());
          return { body: page([status('Executing', 1)]) };
        },
      }),
    );
    const { exitCode, stderr } = await runQuarry(argv, { ...platform, signal: controller.signal });
    expect(exitCode).toBe(130);
    expect(stderr).toContain('quarry jobs watch abcDEF');
    expect(stderr).toContain('quarry runs table abcDEF');
  });
});
