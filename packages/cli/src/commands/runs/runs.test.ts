import type { Run } from '@quarry/sdk';
import { describe, expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { page, type Route, startSmallPlatform } from '../../../testing/small-platform.ts';

const run = (id: number, more: Partial<Run> = {}): Run => ({
  id: String(id),
  displayOrder: id,
  type: 3,
  parent: null,
  dateStarted: null,
  dateCompleted: null,
  isOptimal: false,
  outputFileCount: 0,
  outputFileSize: 0,
  variables: [{ name: 'Re', value: id, displayValue: `${id}`, isRelative: false }],
  ...more,
});
const ended = {
  dateStarted: '2026-01-05T09:00:00.000000Z',
  dateCompleted: '2026-01-05T09:00:02.500000Z',
  outputFileCount: 2,
  outputFileSize: 2048,
};
const failure = {
  code: 'command_failed',
  message: 'The command of tile 1 ended with exit code 3.',
  hint: 'Read the log.',
};
const runs = [
  run(1, { ...ended, outcome: 'success', exitCode: 0 }),
  run(2, { ...ended, outcome: 'failed', exitCode: 3, failure, attempt: 2 }),
  run(3, { dateStarted: ended.dateStarted }),
  run(4),
];
const listed: Record<string, Route> = { 'GET /api/v2/jobs/abcDEF/runs/': () => ({ body: page(runs) }) };

describe('runs list', () => {
  test('shows planned, running and ended runs with their variables', async () => {
    await using platform = await startSmallPlatform(listed);
    const { stdout } = await runQuarry(['runs', 'list', 'abcDEF'], platform);
    expect(stdout).toBe(
      'RUN  STATE    ATTEMPT   TOOK  OUTPUTS  Re\n' +
        '  1  success           2.5 s  2.0 KiB  1\n' +
        '  2  failed         2  2.5 s  2.0 KiB  2\n' +
        '  3  running                           3\n' +
        '  4  planned                           4\n',
    );
  });

  test('--failed shows those that failed, and why', async () => {
    await using platform = await startSmallPlatform(listed);
    const { stdout } = await runQuarry(['runs', 'list', 'abcDEF', '--failed'], platform);
    expect(stdout.split('\n')[1]).toContain('The command of tile 1 ended with exit code 3.');
    expect(stdout.split('\n')).toHaveLength(3);
    const json = await runQuarry(['runs', 'list', 'abcDEF', '--failed', '--json'], platform);
    expect(JSON.parse(json.stdout)).toEqual({ items: [runs[1]], total: 1 });
  });

  test('has a column for what could not be kept, where there is such a thing', async () => {
    const results = [runs[0]!, run(2, { ...ended, outcome: 'success', skippedCount: 5 })];
    await using platform = await startSmallPlatform({
      'GET /api/v2/jobs/abcDEF/runs/': () => ({ body: page(results) }),
    });
    const { stdout } = await runQuarry(['runs', 'list', 'abcDEF'], platform);
    expect(stdout).toBe(
      'RUN  STATE     TOOK  OUTPUTS  NOT KEPT  Re\n' +
        '  1  success  2.5 s  2.0 KiB            1\n' +
        '  2  success  2.5 s  2.0 KiB         5  2\n',
    );
  });

  test('--limit bounds what is shown, and says of how many', async () => {
    await using platform = await startSmallPlatform(listed);
    const { stdout, stderr } = await runQuarry(['runs', 'list', 'abcDEF', '--limit', '2'], platform);
    expect(stdout.split('\n')).toHaveLength(4);
    expect(stderr).toBe('2 of 4; --all shows everything.\n');
  });
});

describe('what of the runs is wanted', () => {
  test('is asked of the platform, which has all of them', async () => {
    const asked: string[] = [];
    await using platform = await startSmallPlatform({
      'GET /api/v2/jobs/abcDEF/runs/': ({ url }) => {
        asked.push(decodeURIComponent(url.search));
        return { body: page([]) };
      },
    });
    const { stdout } = await runQuarry(
      ['runs', 'list', 'abcDEF', '--where', 'Cd<0.3', '--where', 'Re>=10', '--sort=-Cl', '--state', 'ended'],
      platform,
    );
    expect(asked).toEqual(['?page_size=25&state=ended&where=Cd<0.3,Re>=10&ordering=-Cl']);
    expect(stdout).toBe('There are no such runs.\n');
  });

  test('of the table are some columns, or what has changed since', async () => {
    const asked: string[] = [];
    const changes = {
      columns: [{ name: 'run', kind: 'run', type: 'number' }],
      mark: '8.4.1',
      isWhole: false,
      rows: [],
    };
    await using platform = await startSmallPlatform({
      'GET /api/v2/jobs/abcDEF/results/': ({ url }) => {
        asked.push(decodeURIComponent(url.search));
        return { body: changes };
      },
    });
    const args = ['runs', 'table', 'abcDEF', '--since', '7.4.1', '--column', 'Re', '--column', 'Cd'];
    const { stdout } = await runQuarry(args, platform);
    expect(asked).toEqual(['?format=json&since=7.4.1&columns=Re,Cd']);
    expect(stdout).toBe('No run has changed since.\n');
    const json = await runQuarry([...args, '--json'], platform);
    expect(JSON.parse(json.stdout)).toEqual(changes);
    for (const more of [
      ['--csv', 'table.csv'],
      ['--stored', 'csv'],
    ]) {
      const { exitCode, stderr } = await runQuarry(
        ['runs', 'table', 'abcDEF', '--since', '1.1.', ...more],
        platform,
      );
      expect([exitCode, stderr]).toEqual([2, expect.stringContaining('leave out --csv')]);
    }
  });
});

describe('runs show', () => {
  test('lists what could not be kept, and why, and how much more there is', async () => {
    const skipped = [
      { relativePath: 'a\u001b[31m\npipe', reason: 'it is a named pipe' },
      { relativePath: '', reason: 'it is a link, put where the work directory was' },
    ];
    const body = { ...runs[0], skipped, skippedCount: 40 };
    await using platform = await startSmallPlatform({ 'GET /api/v2/jobs/abcDEF/runs/1/': () => ({ body }) });
    const { stdout } = await runQuarry(['runs', 'show', 'abcDEF', '1'], platform);
    expect(stdout).toContain('\nNot kept (40 outputs)\n');
    expect(stdout).toMatch(/^ {2}work directory +it is a link, put where the work directory was$/m);
    expect(stdout).toMatch(/^ {2}and 38 more$/m);
    expect(stdout).not.toContain('\u001b');
  });

  test('tells how far the collection of outputs is', async () => {
    const collecting = { files: 1, totalFiles: 3, bytes: 1024, totalBytes: 1024 ** 3 };
    const body = { ...runs[2], collecting };
    await using platform = await startSmallPlatform({ 'GET /api/v2/jobs/abcDEF/runs/3/': () => ({ body }) });
    const { stdout } = await runQuarry(['runs', 'show', 'abcDEF', '3'], platform);
    expect(stdout).toMatch(/^Collecting +1 of 3 outputs, 1\.0 KiB of 1\.0 GiB$/m);
  });

  test('tells what a run was given, what it used and why it failed', async () => {
    const usage = {
      wallSeconds: 2,
      cpuSeconds: 3.5,
      peakMemoryBytes: 3 * 1024 * 1024,
      readBytes: null,
      writtenBytes: 10,
    };
    const attempt = {
      dateStarted: ended.dateStarted,
      dateCompleted: null,
      outcome: 'failed' as const,
      exitCode: 1,
      failure,
    };
    const body = { ...runs[1], usage, previousAttempts: [attempt] };
    await using platform = await startSmallPlatform({ 'GET /api/v2/jobs/abcDEF/runs/2/': () => ({ body }) });
    const { stdout } = await runQuarry(['runs', 'show', 'abcDEF', '2'], platform);
    for (const words of [
      /^State +failed$/m,
      /^Failure +The command of tile 1 ended with exit code 3\.$/m,
      /^Attempt +2$/m,
      /^CPU time +3\.5 s \(1\.8 cores busy\)$/m,
      /^Peak memory +3\.0 MiB$/m,
      /^Written +10 B$/m,
      /^ {2}Re +2$/m,
      /^ {2}2026-01-05 09:00:00 {2}failed: The command/m,
    ]) {
      expect(stdout).toMatch(words);
    }
    expect(stdout).not.toMatch(/^Read /m);
    const json = await runQuarry(['runs', 'show', 'abcDEF', '2', '--json'], platform);
    expect(JSON.parse(json.stdout)).toEqual(body);
  });
});

describe('runs stop and runs rerun', () => {
  test('ask for the runs that are named', async () => {
    let body = '';
    await using platform = await startSmallPlatform({
      'POST /api/v2/jobs/abcDEF/runs/2/stop/': () => ({ body: {} }),
      'POST /api/v2/jobs/abcDEF/runs/3/stop/': () => ({ body: {} }),
      'POST /api/v2/jobs/abcDEF/runs/rerun/': (request) => {
        body = request.body;
        return { status: 202, body: { runs: ['2', '3'] } };
      },
    });
    const stopped = await runQuarry(['runs', 'stop', 'abcDEF', '2', '3', '--json'], platform);
    expect(JSON.parse(stopped.stdout)).toEqual({ job: 'abcDEF', stopping: ['2', '3'] });
    const rerun = await runQuarry(['runs', 'rerun', 'abcDEF', '2', '3'], platform);
    expect(rerun.stdout).toBe('2 runs of job abcDEF to be executed again (2, 3).\n');
    expect(JSON.parse(body)).toEqual({ runs: ['2', '3'] });
    await runQuarry(['runs', 'rerun', 'abcDEF'], platform);
    expect(JSON.parse(body)).toEqual({});
  });

  test('a rerun of nothing is said to be none, and is not waited for', async () => {
    await using platform = await startSmallPlatform({
      'POST /api/v2/jobs/abcDEF/runs/rerun/': () => ({ status: 202, body: { runs: [] } }),
    });
    const { exitCode, stdout } = await runQuarry(['runs', 'rerun', 'abcDEF', '--wait'], platform);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: 'No run of job abcDEF has failed: there is nothing to do again.\n',
    });
  });
});

describe('runs files and runs tail', () => {
  const log = Array.from({ length: 50 }, (_, index) => `step ${index}\n`).join('');
  const file = (relativePath: string) => ({
    id: 'fileAA',
    name: 'log',
    relativePath,
    decryptedSize: log.length,
  });
  const stored: Record<string, Route> = {
    'GET /api/v2/jobs/abcDEF/runs/2/files/': () => ({ body: page([file('run2/deep/log')]) }),
    'GET /api/v2/files/fileAA/contents/': ({ headers }) => {
      const start = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
      return { status: start > 0 ? 206 : 200, body: Buffer.from(log.slice(start)) };
    },
  };

  test('list outputs by their paths in the work directory, and what is there while a run executes', async () => {
    await using platform = await startSmallPlatform({
      ...stored,
      'GET /api/v2/jobs/abcDEF/runs/3/directory-contents/': () => ({
        body: [
          { path: 'a.txt', resource: '/x' },
          { path: 'deep/log', resource: '/y' },
        ],
      }),
    });
    const outputs = await runQuarry(['runs', 'files', 'abcDEF', '2', '--json'], platform);
    expect(JSON.parse(outputs.stdout)).toEqual({
      items: [{ id: 'fileAA', path: 'deep/log', sizeBytes: log.length, dateModified: null }],
      total: 1,
    });
    const live = await runQuarry(['runs', 'files', 'abcDEF', '3', '--live', '--search', 'log'], platform);
    expect(live.stdout).toBe('PATH\ndeep/log\n');
  });

  test('tail reads from the work directory while the run executes, else from the output', async () => {
    await using platform = await startSmallPlatform({
      ...stored,
      'GET /api/v2/jobs/abcDEF/runs/3/tail/deep/log': ({ url }) => ({
        body: { fileType: 'text', lines: [`last ${url.searchParams.get('lines')}`] },
      }),
    });
    expect((await runQuarry(['runs', 'tail', 'abcDEF', '3', 'deep/log', '-n', '7'], platform)).stdout).toBe(
      'last 7\n',
    );
    const after = await runQuarry(['runs', 'tail', 'abcDEF', '2', 'deep/log', '-n', '2'], platform);
    expect(after.stdout).toBe('step 48\nstep 49\n');
    const missing = await runQuarry(['runs', 'tail', 'abcDEF', '2', 'other'], platform);
    expect(missing.exitCode).toBe(4);
  });

  test('what is followed reaches a terminal without what it would act upon, and a pipe as it is', async () => {
    const evil = '\u001b]0;owned\u0007\u001b[2J\u001b[32mplain\u001b[0m\n';
    const events = [
      `id: ${evil.length}\nevent: data\ndata: ${JSON.stringify({ start: 0, text: evil })}`,
      'event: end\ndata: {"outcome":"success","failure":null,"exitCode":0,"sizeBytes":1}',
    ];
    const body = Buffer.from(`${events.join('\n\n')}\n\n`);
    await using platform = await startSmallPlatform({
      'GET /api/v2/server/': () => ({ body: { name: 'Quarry', features: ['follow-files'] } }),
      'GET /api/v2/jobs/abcDEF/runs/1/tail/evil': () => ({
        body,
        headers: { 'content-type': 'text/event-stream' },
      }),
    });
    const argv = ['jobs', 'tail', '-f', 'abcDEF', 'evil'];
    expect((await runQuarry(argv, platform)).stdout).toBe(evil);
    const shown = await runQuarry(argv, { ...platform, columns: 80 });
    expect(shown.stdout).toContain('\u001b[32mplain');
    expect(shown.stdout).not.toContain('\u001b]0;');
    expect(shown.stdout).not.toContain('\u001b[2J');
    const json = await runQuarry([...argv, '--json'], platform);
    const lines = json.stdout.trimEnd().split('\n');
    expect(json.stdout).not.toContain('\u001b');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { event: 'data', start: 0, text: evil },
      { event: 'end', outcome: 'success', failure: null, exitCode: 0, sizeBytes: 1 },
    ]);
  });

  test('a platform that cannot follow files is said to be one', async () => {
    await using platform = await startSmallPlatform({});
    const { exitCode, stderr } = await runQuarry(['runs', 'tail', '-f', 'abcDEF', '2', 'x'], platform);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('quarry jobs logs -f abcDEF --run 2')]);
  });
});

describe('runs signal', () => {
  test('says how many processes got it, and why none did', async () => {
    const sent: string[] = [];
    await using platform = await startSmallPlatform({
      'POST /api/v2/jobs/abcDEF/runs/3/signal/': ({ body }) => {
        sent.push(body);
        return { body: { signal: 'SIGUSR1', processes: 2 } };
      },
      'POST /api/v2/jobs/abcDEF/runs/4/signal/': () => ({
        status: 409,
        body: {
          detail: 'No process of the run handles SIGUSR1.',
          code: 'signal_not_handled',
          hint: 'Trap it.',
        },
      }),
    });
    const argv = ['runs', 'signal', 'abcDEF', '3', 'usr1'];
    expect((await runQuarry(argv, platform)).stdout).toBe('SIGUSR1 was sent to 2 processes of run 3.\n');
    expect(JSON.parse((await runQuarry([...argv, '--json'], platform)).stdout)).toEqual({
      ...{ job: 'abcDEF', run: '3', signal: 'SIGUSR1', processes: 2 },
    });
    expect(sent.map((body) => JSON.parse(body))).toEqual([{ signal: 'usr1' }, { signal: 'usr1' }]);
    const refused = await runQuarry(['runs', 'signal', 'abcDEF', '4', 'USR1'], platform);
    expect([refused.exitCode, refused.stderr]).toEqual([5, expect.stringContaining('Trap it.')]);
  });
});

describe('what a sweep tells', () => {
  test('its sensitivities, by the method that was used', async () => {
    const asked: string[] = [];
    const sensitivity = {
      method: 'sobol',
      output: 'Cd',
      runs: 512,
      inputs: [
        {
          name: 'x',
          firstOrder: 0.3139,
          firstOrderInterval: 0.01,
          totalOrder: 0.5576,
          totalOrderInterval: 0.02,
        },
        {
          name: 'y',
          firstOrder: null,
          firstOrderInterval: null,
          totalOrder: 0.4424,
          totalOrderInterval: 0.02,
        },
      ],
      interactions: [{ inputs: ['x', 'y'], secondOrder: 0.24, secondOrderInterval: 0.03 }],
      warnings: ['2 runs have no Cd and were left out.'],
    };
    await using platform = await startSmallPlatform({
      'GET /api/v2/jobs/abcDEF/sensitivity/': ({ url }) => {
        asked.push(url.search);
        return { body: sensitivity };
      },
    });
    const argv = ['jobs', 'sensitivity', 'abcDEF', '--output', 'Cd', '--method', 'sobol'];
    const { stdout, stderr } = await runQuarry(argv, platform);
    expect(asked).toEqual(['?output=Cd&method=sobol']);
    expect(stderr).toBe('warning: 2 runs have no Cd and were left out.\n');
    expect(stdout).toContain('INPUT      S1   +/-      ST   +/-\nx      0.3139  0.01  0.5576  0.02\n');
    expect(stdout).toContain('x, y    0.24  0.03\n');
    expect(JSON.parse((await runQuarry([...argv, '--json'], platform)).stdout)).toEqual(sensitivity);
  });

  test('its response surface, term by term', async () => {
    let asked = '';
    await using platform = await startSmallPlatform({
      'GET /api/v2/jobs/abcDEF/response-surface/': ({ url }) => {
        asked = url.search;
        return {
          body: {
            output: 'Cd',
            degree: 2,
            runs: 20,
            terms: [
              { powers: {}, coefficient: 1.5, standardError: 0.1 },
              { powers: { x: 1, y: 2 }, coefficient: -2, standardError: null },
            ],
            rSquared: 0.99,
            adjustedRSquared: null,
            rootMeanSquareError: 0.01,
            warnings: [],
          },
        };
      },
    });
    const argv = ['jobs', 'surface', 'abcDEF', '--output', 'Cd', '--degree', '2'];
    const { stdout } = await runQuarry(argv, platform);
    expect(asked).toBe('?output=Cd&degree=2');
    expect(stdout).toMatch(/^constant +1\.5 +0\.1$/m);
    expect(stdout).toMatch(/^x y\^2 +-2$/m);
    expect(stdout).toMatch(/^R squared +0\.99$/m);
    await runQuarry([...argv, '--no-interactions'], platform);
    expect(asked).toBe('?output=Cd&degree=2&interactions=false');
  });
});

describe('runs that were cut off by the end of their agent', () => {
  const cutOff = run(2, {
    ...{ ...ended, outcome: 'failed', failure: { ...failure, code: 'agent_lost' }, isUnfinished: true },
    keptDirectory: { sizeBytes: 3 * 1024 ** 3, dateExpires: '2026-01-12T09:00:00.000000Z' },
  });

  test('are resumed, those named or all', async () => {
    const bodies: unknown[] = [];
    await using platform = await startSmallPlatform({
      'POST /api/v2/jobs/abcDEF/runs/rerun/': ({ body }) => {
        bodies.push(JSON.parse(body));
        return { status: 202, body: { runs: ['2'] } };
      },
      'GET /api/v2/jobs/abcDEF/runs/': () => ({ body: page([{ ...ended, isUnfinished: true }]) }),
    });
    const all = await runQuarry(['runs', 'resume', 'abcDEF'], platform);
    expect(all.stdout).toBe('1 run of job abcDEF to be resumed (2).\n');
    await runQuarry(['runs', 'resume', 'abcDEF', '2'], platform);
    expect(bodies).toEqual([{ resume: true }, { resume: true, runs: ['2'] }]);
  });

  test('say so, with what is kept of them', async () => {
    await using platform = await startSmallPlatform({
      'GET /api/v2/jobs/abcDEF/runs/2/': () => ({ body: cutOff }),
      'GET /api/v2/jobs/abcDEF/runs/2/files/': () => ({
        body: page([
          { id: 'fileA', name: 'state-3', relativePath: 'state-3', decryptedSize: 9, isUnfinished: true },
        ]),
      }),
    });
    const { stdout } = await runQuarry(['runs', 'show', 'abcDEF', '2'], platform);
    expect(stdout).toMatch(/Unfinished +yes/);
    expect(stdout).toMatch(
      /Kept +its directory, 3.0 GiB until 2026-01-12 \(quarry runs resume, quarry runs discard\)/,
    );
    const files = await runQuarry(['runs', 'files', 'abcDEF', '2'], platform);
    expect(files.stderr).toContain('was cut off');
    const json = await runQuarry(['runs', 'files', 'abcDEF', '2', '--json'], platform);
    expect(JSON.parse(json.stdout).items).toEqual([
      { id: 'fileA', path: 'state-3', sizeBytes: 9, dateModified: null, isUnfinished: true },
    ]);
  });

  test('lose their directories when these are discarded, those named or all that are kept', async () => {
    const asked: string[] = [];
    const discard = (number: string): Record<string, Route> => ({
      [`DELETE /api/v2/jobs/abcDEF/runs/${number}/directory/`]: () => {
        asked.push(number);
        return { status: 204, body: undefined };
      },
    });
    await using platform = await startSmallPlatform({
      'GET /api/v2/jobs/abcDEF/runs/': () => ({ body: page([runs[0], cutOff]) }),
      ...discard('2'),
      ...discard('7'),
    });
    const all = await runQuarry(['runs', 'discard', 'abcDEF'], platform);
    expect(all.stdout).toBe('The directory of 1 run of job abcDEF (2) is given up.\n');
    await runQuarry(['runs', 'discard', 'abcDEF', '7'], platform);
    expect(asked).toEqual(['2', '7']);
  });
});

describe('runs snapshot', () => {
  const done = {
    id: 'aaaaaa',
    status: 'done',
    kind: 'snapshot',
    trigger: 'request',
    dateRequested: new Date().toISOString(),
    dateCompleted: new Date().toISOString(),
    fileId: 'bbbbbb',
    name: 'snapshot-run1-x.tar',
    sizeBytes: 2048,
    fileCount: 3,
    isCloned: false,
    changed: ['a.log'],
    changedCount: 12,
    skipped: [{ relativePath: 'pipe', reason: 'it is a named pipe' }],
    skippedCount: 1,
    reason: null,
  };
  const failed = {
    ...done,
    status: 'failed',
    fileId: null,
    name: null,
    changedCount: 0,
    reason: 'The run ended.',
  };
  const answering = (data: object): Record<string, Route> => ({
    'POST /api/v2/jobs/abcDEF/runs/1/snapshot/': () => ({
      body: { data, exitcode: 0, lastSnapshotID: 'bbbbbb', reason: '' },
    }),
    'GET /api/v2/jobs/abcDEF/runs/1/snapshots/': () => ({ body: page([done, failed]) }),
  });

  test('says what there is, what changed meanwhile and what was not taken', async () => {
    await using platform = await startSmallPlatform(answering(done));
    const { stdout, stderr, exitCode } = await runQuarry(['runs', 'snapshot', 'abcDEF', '--wait'], platform);
    expect(stdout).toBe('snapshot-run1-x.tar (bbbbbb): 3 files, 2.0 KiB.\n');
    expect(stderr).toContain(
      'changed while it was copied: a.log\nnot taken: pipe: it is a named pipe\nand 11 more',
    );
    expect(exitCode).toBe(0);
    const json = await runQuarry(['runs', 'snapshot', 'abcDEF', '--json'], platform);
    expect(JSON.parse(json.stdout)).toEqual({ job: 'abcDEF', run: '1', snapshot: done });
  });

  test('one that has failed says why, with another exit code', async () => {
    await using platform = await startSmallPlatform(answering(failed));
    const { stdout, exitCode } = await runQuarry(['runs', 'snapshot', 'abcDEF'], platform);
    expect(stdout).toContain('The run ended.');
    expect(exitCode).toBe(5);
  });

  test('all of a run are listed', async () => {
    await using platform = await startSmallPlatform(answering(done));
    const { stdout } = await runQuarry(['runs', 'snapshots', 'abcDEF'], platform);
    const [head, first, second] = stdout.split('\n');
    expect(head).toMatch(/^FILE +KIND +TAKEN +STATE +FILES +SIZE +NOTES$/);
    expect(first).toMatch(
      /^bbbbbb +snapshot +just now +done +3 +2\.0 KiB +12 changed meanwhile, 1 not taken$/,
    );
    expect(second).toMatch(/failed.*The run ended\./);
  });
});

describe('runs find', () => {
  const match = (line: number) => ({
    offset: line * 10,
    length: 4,
    line,
    lineOffset: line * 10,
    text: `Time = ${line}`,
  });

  test('prints lines with their numbers, page after page', async () => {
    const asked: string[] = [];
    await using platform = await startSmallPlatform({
      'GET /api/v2/jobs/abcDEF/runs/17/find/log/a.txt': ({ url: { searchParams: query } }) => {
        asked.push(`${query.get('q')} ${query.get('regex')} ${query.get('from')} ${query.get('line')}`);
        return query.get('from') === '0'
          ? { body: { matches: [match(1), match(2)], next: { from: 24, line: 2 }, sizeBytes: 99 } }
          : { body: { matches: [match(5)], next: null, sizeBytes: 99 } };
      },
    });
    const command = ['runs', 'find', 'abcDEF', '17', 'log/a.txt', '^Time', '--regex'];
    expect((await runQuarry(command, platform)).stdout).toBe('1: Time = 1\n2: Time = 2\n5: Time = 5\n');
    expect(asked).toEqual(['^Time true 0 1', '^Time true 24 2']);
    const json = JSON.parse((await runQuarry([...command, '--json'], platform)).stdout);
    expect(json).toMatchObject({ job: 'abcDEF', run: '17', path: 'log/a.txt', truncated: false });
    expect(json.matches).toHaveLength(3);
  });

  test('says that there is none, or that there may be more', async () => {
    let next: object | null = null;
    await using platform = await startSmallPlatform({
      'GET /api/v2/jobs/abcDEF/runs/1/find/log': () => ({
        body: { matches: next === null ? [] : [match(1)], next, sizeBytes: 99 },
      }),
    });
    const command = ['runs', 'find', 'abcDEF', '1', 'log', 'x', '--limit', '1'];
    expect((await runQuarry(command, platform)).stderr).toContain('There is no match.');
    next = { from: 14, line: 1 };
    expect((await runQuarry(command, platform)).stderr).toContain('There may be more');
  });
});
