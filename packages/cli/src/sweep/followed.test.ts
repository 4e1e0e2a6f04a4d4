import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runQuarry } from '../../testing/run-quarry.ts';
import { catalogue, page, type Route, startSmallPlatform } from '../../testing/small-platform.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quarry-sweep-'));
});
afterAll(() => rm(folder, { recursive: true }));

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
    const path = join(folder, 'results.csv');
    await writeFile(path, 'old');
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
