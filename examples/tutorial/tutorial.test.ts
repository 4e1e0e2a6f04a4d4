/** Runs every chapter of the tutorial, as a reader would, against a real platform. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '@quarry/sdk/node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Platform, startPlatform } from '../../packages/server/testing/start-platform.ts';

const run = promisify(execFile);
const hasPython = await run('python3', ['--version']).then(
  () => true,
  () => false,
);
const hasOpenssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
);
// It ends with code 201 when it says its version.
const hasCalculix = await run('ccx', ['-v']).then(
  () => true,
  (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
);

let platform: Platform;
let directory: string;

beforeAll(async () => {
  platform = await startPlatform();
  directory = await mkdtemp(join(tmpdir(), 'quarry-tutorial-'));
});
afterAll(async () => {
  // Neither is there when the platform did not start.
  await platform?.[Symbol.asyncDispose]();
  if (directory) {
    await rm(directory, { recursive: true, force: true });
  }
});

/** What a chapter prints; rejects with its stderr when it fails. */
async function chapter(name: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    RESCALE_API_BASE_URL: platform.url,
    RESCALE_API_KEY: platform.apiKey,
    NO_COLOR: '1',
  };
  const { stdout, stderr } = await run(process.execPath, [join(import.meta.dirname, name), ...args], {
    cwd: directory,
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(stderr).toBe('');
  return stdout;
}

async function countJobsAndFiles(): Promise<{ jobs: number; files: number }> {
  const client = await connect({ baseUrl: platform.url, apiKey: platform.apiKey });
  const [jobs, files] = await Promise.all([client.jobs.list().page(), client.files.list().page()]);
  return { jobs: jobs.count, files: files.count };
}

test('the table of contents and the tests below name every chapter', async () => {
  const chapters = (await readdir(import.meta.dirname)).filter((name) => /^\d\d-.*\.ts$/.test(name));
  expect(chapters.toSorted()).toEqual([
    '01-authorization.ts',
    '02-core-types-and-prices.ts',
    '03-software.ts',
    '04-jobs-and-projects.ts',
    '05-first-job.ts',
    '06-inputs-and-outputs.ts',
    '07-clone.ts',
    '08-parallel-download.ts',
    '09-sweep.ts',
    '10-solver-sweep.ts',
    '11-storage-devices.ts',
    '12-snapshots.ts',
  ]);
});

describe('chapters that only look', () => {
  test('01 prints the 401 and then who we are', async () => {
    const printed = await chapter('01-authorization.ts');
    expect(printed).toContain('from environment (RESCALE_API_BASE_URL, RESCALE_API_KEY)');
    expect(printed).toMatch(/^401$/m);
    expect(printed).toMatch(/email: '/);
  });

  test('02 prints pages, general core types and the lowest price', async () => {
    const printed = await chapter('02-core-types-and-prices.ts');
    const [, count, length] = /^Count: (\d+); Length: (\d+)$/m.exec(printed) ?? [];
    expect(Number(count)).toBeGreaterThan(Number(length));
    expect(printed).toMatch(/^Next page: http.*page=2/m);
    expect(printed).toMatch(new RegExp(`^Length: ${count}$`, 'm'));
    expect(printed).toMatch(/granite: \{/);
    expect(printed).toMatch(/^Lowest price coretype: \w+ at [\d.]+ [A-Z]{3}$/m);
  });

  test('03 counts analyses and versions and finds the one we need', async () => {
    const printed = await chapter('03-software.ts');
    expect(printed).toMatch(/^Total number of analyses: [1-9]\d*, Total number of versions: [1-9]\d*$/m);
    expect(printed).toMatch(/^Sample analysis code: \S+ and version code: \S+$/m);
    expect(printed).toMatch(/^Miniconda.*: .*4\.8\.4/m);
  });

  test('04 prints a definition, counts jobs, lists projects and leaves nothing behind', async () => {
    const before = await countJobsAndFiles();
    const printed = await chapter('04-jobs-and-projects.ts');
    expect(printed).toMatch(/code: 'miniconda'/);
    expect(printed).toMatch(/^Total jobs: \d+, Jobs in \d{4}: \d+$/m);
    expect(printed).toMatch(/^Projects:$/m);
    expect(await countJobsAndFiles()).toEqual(before);
  });
});

// Skipped where python3 is not installed: the jobs of these chapters run a Python script.
describe.skipIf(!hasPython)('chapters that run jobs (need python3)', () => {
  test('05 is refused one core, fails, tells why, changes nothing afterwards and cleans up', async () => {
    const before = await countJobsAndFiles();
    const printed = await chapter('05-first-job.ts');
    expect(printed).toMatch(/^Status code: 400$/m);
    expect(printed).toMatch(/^jobanalyses\[0\]\.hardware\.coresPerSlot: .*2/m);
    expect(printed).toMatch(/^Pending > .*Completed$/m);
    expect(printed).toMatch(/^Outcome: failed$/m);
    expect(printed).toMatch(/calculate_pi\.py/);
    expect(printed).toMatch(/^\w+ \w+$/m);
    expect(printed).toMatch(/^Warning: |^The update was refused: /m);
    expect(printed).toMatch(/^The second submit was (refused: .*started|accepted)/m);
    expect(printed).toMatch(/^Input files of the job: 0$/m);
    expect(printed).toMatch(/^Deleted job \w+$/m);
    expect(await countJobsAndFiles()).toEqual(before);
  });

  test('06 succeeds, prints the cluster history, downloads verified outputs and cleans up', async () => {
    const before = await countJobsAndFiles();
    const printed = await chapter('06-inputs-and-outputs.ts');
    expect(printed).toMatch(/^Pending > .*Executing.* > Completed$/m);
    expect(printed).toMatch(/^Outcome: success$/m);
    expect(printed).toMatch(/^\S+Z\tStarted$/m);
    expect(printed).toMatch(/^\S+Z\tStopped$/m);
    expect(printed).toMatch(/^Waited [\d.]+ s for a cluster and held it for [\d.]+ s\.$/m);
    for (const name of ['process_output.log', 'pi_estimate.res', 'pi_estimate.bin']) {
      expect(printed).toContain(`OK\t${name}`);
    }
    expect(printed).not.toContain('FAIL');
    expect(printed).toMatch(/^pi is about 3\.1415/m);
    expect((await stat(join(directory, 'job_outputs', 'pi_estimate.bin'))).size).toBe(8);
    expect(await countJobsAndFiles()).toEqual(before);
  });

  test('07 gives the failed job a second life', async () => {
    const before = await countJobsAndFiles();
    const printed = await chapter('07-clone.ts');
    expect(printed).toMatch(/^Outcome of \w+: failed$/m);
    expect(printed).toMatch(/^Job (\w+) is a clone of \w+$/m);
    expect(printed).toMatch(/^Outcome of \w+: success$/m);
    expect(printed).toMatch(/^pi is about 3\.1415/m);
    expect(await countJobsAndFiles()).toEqual(before);
  });
});

// Skipped where openssl is not installed: the job of this chapter makes its file with it.
test.skipIf(!hasOpenssl)(
  '08 downloads over ten streams, over one, and with a break, all verified (needs openssl)',
  async () => {
    const printed = await chapter('08-parallel-download.ts', '45000000');
    expect(printed).toMatch(/^testfile: 6\d{7} bytes$/m);
    expect(printed).toMatch(/^Time with 10 streams: [\d.]+ s, verified: true$/m);
    expect(printed).toMatch(/^Time with 1 stream: [\d.]+ s, verified: true$/m);
    expect(Number(/^Going on from (\d+) %$/m.exec(printed)?.[1])).toBeGreaterThan(0);
    expect(printed).toMatch(/^The rest has come, verified: true$/m);
  },
);

test('09 sweeps a grid, executes a run again, draws at random and says what matters most', async () => {
  const before = await countJobsAndFiles();
  const printed = await chapter('09-sweep.ts');
  expect(printed).toMatch(/^Expected runs: 22$/m);
  expect(printed).toMatch(/^Outcome: success$/m);
  expect(printed).toMatch(/^Run 1: angle = 20$/m);
  expect(printed).toMatch(/^Run 1: range = [\d.]+$/m);
  expect(/^Files of run 1: (.+)$/m.exec(printed)?.[1]?.split(', ').toSorted()).toEqual([
    'flight.tsv',
    'process_output.log',
  ]);
  expect(printed).toMatch(/^With a drag of 0 the ball flies farthest at 45 degrees: 91\.7 m$/m);
  expect(printed).toMatch(/^With a drag of 0\.01 the ball flies farthest at 40 degrees: \d\d\.\d m$/m);
  expect(printed).toMatch(/^Attempts of run 1: 2$/m);
  const correlation = (name: string) =>
    Number(
      new RegExp(`^Rank correlation of the range with ${name}: (\\S+) \\(p = \\S+\\)$`, 'm').exec(
        printed,
      )?.[1],
    );
  expect(correlation('angle')).toBeGreaterThan(correlation('speed'));
  expect(correlation('speed')).toBeGreaterThan(0.4);
  expect(correlation('drag')).toBeLessThan(-0.1);
  expect(await countJobsAndFiles()).toEqual(before);
}, 90_000);

test('12 takes a snapshot, goes on from it in another job, makes a task of an archive, and cleans up', async () => {
  const before = await countJobsAndFiles();
  const printed = await chapter('12-snapshots.ts');
  expect(printed).toMatch(/^Snapshot: done, [3-5] files, \d changed meanwhile$/m);
  expect(printed).toMatch(/^Files of type 12: snapshot-run1-\S+\.tar$/m);
  expect(printed).toMatch(/^Checkpoint: done, 1 file$/m);
  expect(printed).toMatch(
    /^checkpoint: done, checkpoint-run1-\S+\.tar\nsnapshot: done, snapshot-run1-\S+\.tar$/m,
  );
  expect(printed).toMatch(/^Job \w+ goes on from a snapshot of job \w+$/m);
  expect(printed).toMatch(/^Outcome of \w+: success$/m);
  expect(printed).toMatch(/^Its steps have no gap: true$/m);
  expect(printed).toMatch(/^Job \w+ would go on from the checkpoint files of job \w+$/m);
  expect(printed).toMatch(/^Task \w+: archive of job \w+\nThe task is done: (\d+) of \1 bytes$/m);
  expect(printed).toMatch(/^Its file is (job_\w+\.tar), with [1-9] files\nThe file is still \1$/m);
  expect(await countJobsAndFiles()).toEqual(before);
}, 60_000);

// Skipped where CalculiX is not installed (Debian: calculix-ccx), which CI always has.
test.skipIf(!hasCalculix && !process.env.CI)(
  '10 finds the published stress of the elliptic membrane with CalculiX, as a table and a plot (needs ccx)',
  async () => {
    const before = await countJobsAndFiles();
    await analysisToBeListed('calculix');
    const printed = await chapter('10-solver-sweep.ts');
    expect(printed).toMatch(/^quarry sweep .+ 'ccx -i membrane'$/m);
    const deviations = /^\d+ MPa, [\d.]+ m: stress [01]\.\d\d % off .+ reaction 0\.0\d % off/gm;
    expect(printed.match(deviations)).toHaveLength(9);
    const [header, ...rows] = (await readFile(join(directory, 'membrane.csv'), 'utf8')).trim().split('\n');
    expect(header).toMatch(/,pressure,thickness,reaction,displacement_d,stress_d$/);
    expect(rows).toHaveLength(9);
    const plot = await readFile(join(directory, 'membrane.svg'), 'utf8');
    expect(plot).toMatch(/^<svg [\s\S]+<\/svg>$/);
    expect(plot).toContain('Stress σyy at D in MPa');
    expect(await countJobsAndFiles()).toEqual(before);
  },
  90_000,
);

test('11 shares a device between two jobs, and leaves nothing of it', async () => {
  const before = await countJobsAndFiles();
  const printed = await chapter('11-storage-devices.ts');
  expect(printed).toMatch(/^Device \w+: Started < Starting < Pending < Not Started$/m);
  expect(printed.match(/^Outcome of \w+: success$/gm)).toHaveLength(2);
  expect(printed).toMatch(/^file case\/pi.txt \d+$/m);
  expect(printed).toMatch(/^pi is about 3\.1415/m);
  expect(printed).toMatch(/^Terms on the device: 200000$/m);
  expect(await countJobsAndFiles()).toEqual(before);
  const client = await connect({ baseUrl: platform.url, apiKey: platform.apiKey });
  expect(await client.storageDevices.list().all()).toEqual([]);
}, 60_000);

/** Solvers of the host are looked for after the start, without delaying it. */
async function analysisToBeListed(code: string): Promise<void> {
  const client = await connect({ baseUrl: platform.url, apiKey: platform.apiKey });
  await vi.waitUntil(async () => (await client.analyses.list().all()).some((each) => each.code === code), {
    timeout: 20_000,
    interval: 100,
  });
}
