import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ran, runQuarry } from '../../testing/run-quarry.ts';
import { catalogue, startSmallPlatform } from '../../testing/small-platform.ts';

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
  const changing = platform.requests.filter((request) => !request.startsWith('GET'));
  expect(changing.filter((request) => request !== 'POST /api/v2/jobs/preview/')).toEqual([]);
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

  test('are drawn from whole ranges by a sample when all of them have a step, and this is said', async () => {
    const { answer, stderr } = await dryRun(
      ...['--param', 'x=0:10:1', '--param', 'steel=S235,S355', '--sample', 'lhs:20', 'run'],
    );
    expect(stderr).toContain('The step of x is not used: --sample draws from its whole range.');
    expect(answer.runs).toBe(40);
    expect(answer.definition.jobvariables[0]).toMatchObject({
      valueGeneratorType: 'LatinHypercube',
      valueGeneratorSettings: { minvalue: 0, maxvalue: 10, count: 20 },
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
      ...['--if-agent-lost', 'resume'],
      ...['--no-follow', '--quiet', './solve.sh'],
    ];
    const { exitCode, stdout, stderr } = await runQuarry(['sweep', ...argv], platform);
    expect(stderr).toBe('');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'Sweep abcDEF (solve.sh) is submitted.\n' });
    expect(uploads).toEqual(['2 U.tmpl', '2 wing.inp', '3 params.csv', '8 cases.csv', '4 mesh', '4 post.py']);
    expect(created).toMatchObject({
      paramFile: { id: 'file3' },
      caseFile: { id: 'file4' },
      retryPolicy: { maxRetries: 2, exitCodes: [1, 75], agentLost: 'resume', maxFailedRuns: 9 },
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
