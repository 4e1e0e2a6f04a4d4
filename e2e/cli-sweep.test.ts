import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { type Desk, forTranscript, openDesk, until } from './cli-harness.ts';
import { eventually } from './support/jobs.ts';

let platform: Platform;
beforeAll(async () => {
  // Without a sandbox a command can see the desk, and a test decides what it finds there.
  platform = await startPlatform({ cores: 8, sandbox: 'off' });
});
afterAll(() => platform[Symbol.asyncDispose]());

/** A beam whose deflection depends on two parameters, by a template, a command and a script that reads its result. */
async function writeBeam({ folder }: Desk): Promise<void> {
  await writeFile(join(folder, 'beam.tmpl'), `load=\${load}\nlength=\${length?string("0.00")}\n`);
  await writeFile(
    join(folder, 'solve.sh'),
    ". ./case/beam.txt\nawk -v f=$load -v l=$length 'BEGIN { print f * l ^ 3 / 3 }' > deflection.txt\n",
  );
  await writeFile(join(folder, 'read.sh'), 'printf "deflection\\t%s\\n" "$(cat deflection.txt)"\n');
}

const beam = ['--template', 'beam.tmpl=case/beam.txt', '--input', 'solve.sh', '--post', 'read.sh'];
const rowsOf = (csv: string) =>
  csv
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','));

// Alone and first: its transcript names all jobs and files.
describe('a first sweep', () => {
  test('an engineer varies two parameters, looks at single runs and takes the table away', async () => {
    await using desk = await openDesk(platform);
    await writeBeam(desk);
    const design = [
      '--param',
      'load=1,2',
      '--param',
      'length=1:2:0.5',
      ...beam,
      '--slots',
      '2',
      '--walltime',
      '1',
    ];
    await desk.quarry('sweep', ...design, '--dry-run', 'bash solve.sh');
    await desk.quarry('sweep', '--param', 'load=1:2', ...beam, 'bash solve.sh');
    await desk.quarry('sweep', '--param', 'load=1,2', ...beam, '--quiet', 'bash solve.sh');
    const ran = await desk.quarry(
      'sweep',
      ...design,
      '--best',
      'deflection',
      '--output',
      'deflection',
      '--quiet',
      'bash solve.sh',
    );
    const [, id = ''] = /Job (\w{6}) completed/.exec(ran.stdout) ?? [];
    await desk.quarry('runs', 'table', id, '--output', 'deflection', '--limit', '2');
    await desk.quarry('runs', 'tail', id, '5', 'deflection.txt');
    await desk.quarry('runs', 'rerun', id);
    await desk.quarry('runs', 'show', id, '77');
    await expect(await forTranscript(desk.transcript(), desk, platform)).toMatchFileSnapshot(
      'cli-transcripts/first-sweep.txt',
    );

    expect(
      (await desk.quarry('runs', 'table', id, '--csv', 'beam.csv', '--parquet', 'beam.parquet')).exitCode,
    ).toBe(0);
    const [names = [], ...rows] = rowsOf(await readFile(join(desk.folder, 'beam.csv'), 'utf8'));
    const column = (name: string) => rows.map((row) => Number(row[names.indexOf(name)]));
    expect(column('load')).toEqual([1, 1, 1, 2, 2, 2]);
    expect(column('length')).toEqual([1, 1.5, 2, 1, 1.5, 2]);
    const expected = [1, 1.5, 2, 1, 1.5, 2].map((length, index) => ((index < 3 ? 1 : 2) * length ** 3) / 3);
    for (const [index, deflection] of column('deflection').entries()) {
      expect(deflection).toBeCloseTo(expected[index]!, 4);
    }
    const file = await asyncBufferFromFile(join(desk.folder, 'beam.parquet'));
    const objects = await parquetReadObjects({ file });
    expect(objects.map(({ deflection }) => deflection)).toEqual(column('deflection'));
  });
});

describe('sweeps on the command line against a real platform', { concurrent: true, timeout: 60_000 }, () => {
  test('runs that failed are listed with their reason and run again, the others are left as they are', async () => {
    await using desk = await openDesk(platform);
    const command = `printf 'y\\t%s\\n' "$n" > out; test "$n" != 2 || test -e ${desk.folder}/mended || exit 75`;
    await writeFile(join(desk.folder, 'n.tmpl'), `n=\${n}\n`);
    const argv = [
      '--param',
      'n=1,2,3',
      '--template',
      'n.tmpl',
      '--post-command',
      'cat out',
      '--retries',
      '1',
    ];
    const swept = await desk.quarry('sweep', ...argv, '--retry-on', '75', '--json', `. ./n; ${command}`);
    expect(swept.exitCode).toBe(8);
    const sweep = JSON.parse(swept.stdout);
    expect(sweep).toMatchObject({
      submitted: true,
      runs: 3,
      ended: { outcome: 'failed', runs: { failed: 1 } },
    });
    const failed = await desk.quarry('runs', 'list', sweep.id, '--failed');
    expect(failed.stdout.split('\n')[1]).toMatch(/^ +2 {2}failed +2 .*exit code 75/);
    const before = JSON.parse((await desk.quarry('runs', 'show', sweep.id, '3', '--json')).stdout);

    await writeFile(join(desk.folder, 'mended'), '');
    const rerun = await desk.quarry('runs', 'rerun', sweep.id, '--wait', '--json');
    expect(JSON.parse(rerun.stdout)).toMatchObject({ runs: ['2'], ended: { outcome: 'success' } });
    expect(rerun.exitCode).toBe(0);
    const table = JSON.parse((await desk.quarry('runs', 'table', sweep.id, '--json')).stdout);
    const output = table.columns.findIndex(({ kind }: { kind: string }) => kind === 'output');
    expect(table.rows.map((row: unknown[]) => row[output])).toEqual([1, 2, 3]);
    expect(JSON.parse((await desk.quarry('runs', 'show', sweep.id, '3', '--json')).stdout)).toEqual(before);
    const shown = await desk.quarry('runs', 'show', sweep.id, '2');
    expect(shown.stdout).toMatch(/^Attempt +3$/m);
    expect(shown.stdout).toContain('Earlier attempts');
  });

  test('one run is stopped while the others go on, and what it has written is there', async () => {
    await using desk = await openDesk(platform);
    const command = `echo begun > state; until test -e ${desk.folder}/go; do sleep 0.05; done; echo done >> state`;
    const argv = ['--param', 'n=1,2', '--slots', '2', '--no-follow', '--json', command];
    const { id } = JSON.parse((await desk.quarry('sweep', ...argv)).stdout);
    const isRunning = (run: string) =>
      eventually(`run ${run} to execute`, async () => {
        const { stdout } = await desk.quarry('runs', 'tail', id, run, 'state');
        return stdout === 'begun\n';
      });
    await Promise.all(['1', '2'].map(isRunning));
    const live = await desk.quarry('runs', 'files', id, '1', '--live');
    expect(live.stdout).toContain('state');

    expect((await desk.quarry('runs', 'stop', id, '1')).stdout).toContain('is asked to stop');
    await eventually('run 1 to have stopped', async () => {
      const { stdout } = await desk.quarry('runs', 'list', id, '--json');
      return JSON.parse(stdout).items[0].outcome === 'stopped';
    });
    await writeFile(join(desk.folder, 'go'), '');
    await desk.quarry('jobs', 'watch', id);
    const { stdout } = await desk.quarry('runs', 'list', id, '--json');
    expect(JSON.parse(stdout).items.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'stopped',
      'success',
    ]);
    expect((await desk.quarry('runs', 'tail', id, '1', 'state')).stdout).toBe('begun\n');
    expect((await desk.quarry('runs', 'tail', id, '2', 'state', '-n', '1')).stdout).toBe('done\n');
  });

  test('Ctrl-C ends the following only; the table can be read while the sweep goes on', async () => {
    await using desk = await openDesk(platform);
    const argv = ['--param', 'n=1,2', `until test -e ${desk.folder}/go; do sleep 0.05; done`];
    const sweep = desk.start('sweep', ...argv);
    await until(() => sweep.stderr().includes('Executing'), 'the sweep executes');
    sweep.child.kill('SIGINT');
    const { exitCode, stderr } = await sweep.ended;
    expect(exitCode).toBe(130);
    const [, id = ''] = /quarry jobs watch (\w{6})/.exec(stderr) ?? [];
    expect(stderr).toContain(`Its results so far: quarry runs table ${id}`);
    const table = await desk.quarry('runs', 'table', id);
    expect(table.stdout.split('\n')).toHaveLength(4);
    await writeFile(join(desk.folder, 'go'), '');
    expect((await desk.quarry('jobs', 'watch', id)).exitCode).toBe(0);
  });

  test('an optimizer chooses from the ranges, and the best run is the one that the platform names', async () => {
    await using desk = await openDesk(platform);
    await writeFile(join(desk.folder, 'x.tmpl'), `x=\${x}\n`);
    const post = `. ./x; awk -v x=$x 'BEGIN { printf "f\\t%g\\nbound\\t%g\\n", (x - 1) ^ 2, x }'`;
    const bounds = ['--constraint', 'bound>=2', '--max-runs', '9'];
    const argv = [
      '--param',
      'x=0:5',
      '--template',
      'x.tmpl',
      '--post-command',
      post,
      '--minimize',
      'f',
      ...bounds,
    ];
    const { exitCode, stdout } = await desk.quarry('sweep', ...argv, '--json', 'true');
    expect(exitCode).toBe(0);
    const { results, best } = JSON.parse(stdout);
    const at = (name: string) =>
      results.columns.findIndex((column: { name: string }) => column.name === name);
    expect(results.rows).toHaveLength(9);
    expect(best[0][at('bound')]).toBeGreaterThanOrEqual(2);
    expect(best[0][at('isOptimal')]).toBe(true);
    expect(results.rows.filter((row: unknown[]) => row[at('isOptimal')])).toEqual([best[0]]);
  });

  test('many jobs are submitted and stopped in one request each', async () => {
    await using desk = await openDesk(platform);
    const definition = (name: string) => ({
      name,
      jobanalyses: [
        {
          analysis: { code: 'user_included' },
          command: 'sleep 60',
          hardware: { coreType: 'pumice', coresPerSlot: 1 },
        },
      ],
    });
    const jobs = ['one', 'two', 'three'].map((name) => JSON.stringify(definition(name)));
    await writeFile(join(desk.folder, 'jobs.jsonl'), jobs.join('\n'));
    const { stdout } = await desk.quarry('jobs', 'submit', '--bulk', 'jobs.jsonl', '--json');
    const ids: string[] = JSON.parse(stdout).jobs.map(({ id }: { id: string }) => id);
    expect(ids).toHaveLength(3);
    const stopped = await desk.quarry('jobs', 'stop', ...ids, '--json');
    expect(JSON.parse(stopped.stdout).stopping.toSorted()).toEqual(ids.toSorted());
    for (const id of ids) {
      expect((await desk.quarry('jobs', 'watch', id)).exitCode).toBe(9);
    }
    const again = await desk.quarry('jobs', 'stop', ...ids, '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ stopping: [] });
  });
});
