import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { forTranscript, LAUNCHER, openDesk, startProcess, until } from './cli-harness.ts';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const sha512 = async (path: string) =>
  createHash('sha512')
    .update(await readFile(path))
    .digest('hex');

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
});
afterAll(() => platform[Symbol.asyncDispose]());

// Alone and first: its transcript lists all jobs.
describe('a first job', () => {
  test('a newcomer looks around, runs a script, reads its log and fetches its outputs', async () => {
    await using desk = await openDesk(platform);
    await mkdir(join(desk.folder, 'case', 'mesh'), { recursive: true });
    await writeFile(join(desk.folder, 'case', 'mesh', 'wing.inp'), 'nodes 3\n');
    await writeFile(
      join(desk.folder, 'wing.sh'),
      '#!/bin/bash\n#RESCALE_NAME="Wing"\n#RESCALE_CORE_TYPE=granite\n#RESCALE_CORES=2\n#RESCALE_WALLTIME=1\n' +
        '#RESCALE_ENV_GREETING=hello\ncat case/mesh/wing.inp\necho "$GREETING" > greeting.txt\n',
    );
    await desk.quarry('auth', 'status');
    await desk.quarry('jobs', 'submit', 'wing.sh', 'case/', '--dry-run');
    const submitted = await desk.quarry('jobs', 'submit', 'wing.sh', 'case/', '--quiet', '--json');
    const { id } = JSON.parse(submitted.stdout);
    await desk.quarry('jobs', 'watch', id, '--quiet');
    await desk.quarry('jobs', 'logs', id);
    await desk.quarry('files', 'list', '--job', id, '--search', 'greeting');
    await desk.quarry('files', 'download', '--job', id, '--search', 'greeting', '--output', 'results');
    await desk.quarry('files', 'download', '--job', id, '--search', 'greeting', '--output', 'results');
    await desk.quarry('jobs', 'list');
    await desk.quarry('jobs', 'clone', id, '--name', 'Wing again');
    await desk.quarry('jobs', 'submit', '--saved', 'nobody');
    await desk.quarry('jobs', 'show', 'nobody');

    expect(await readFile(join(desk.folder, 'results', 'greeting.txt'), 'utf8')).toBe('hello\n');
    await expect(await forTranscript(desk.transcript(), desk, platform)).toMatchFileSnapshot(
      'cli-transcripts/first-job.txt',
    );
  });
});

// Each test has a desk of its own and looks at its own jobs and files only, so that they need not wait for each other.
describe('the command line against a real platform', { concurrent: true, timeout: 60_000 }, () => {
  test('a job that fails ends with exit code 8 and says why', async () => {
    await using desk = await openDesk(platform);
    const ran = await desk.quarry('jobs', 'submit', '--command', 'echo oops >&2; exit 3', '--wait');
    expect(ran.exitCode).toBe(8);
    expect(ran.stderr).toContain('Executing');
    expect(ran.stdout).toContain('failed after');
    expect(ran.stdout).toContain('exit code 3');
    expect(ran.stdout).toContain('oops');
  });

  test.each([
    [
      'Slurm',
      '#SBATCH --job-name=batch\n#SBATCH --ntasks=3 -t 5:00\n#SBATCH -p long\n',
      'cd "$SLURM_SUBMIT_DIR" && cat data.txt && echo "tasks $SLURM_NTASKS"',
      'SBATCH --partition=long is ignored',
    ],
    [
      'PBS',
      '#PBS -N batch\n#PBS -l nodes=1:ppn=3,walltime=00:05:00\n#PBS -q long\n',
      'cd $PBS_O_WORKDIR && cat data.txt && test -s $PBS_NODEFILE && echo "tasks $PBS_NP"',
      'PBS -q long is ignored',
    ],
  ])('a script of %s runs as it is', async (_system, options, commands, warning) => {
    await using desk = await openDesk(platform);
    await writeFile(join(desk.folder, 'batch.sh'), `#!/bin/bash\n${options}\n${commands}\n`);
    await writeFile(join(desk.folder, 'data.txt'), 'from the input\n');
    const ran = await desk.quarry('jobs', 'submit', 'batch.sh', 'data.txt', '--wait', '--json');
    expect(ran.stderr).toContain(warning);
    const { id, name, coresPerSlot } = JSON.parse(ran.stdout);
    // No slot has three cores.
    expect([ran.exitCode, name, coresPerSlot]).toEqual([0, 'batch', 4]);
    expect((await desk.quarry('jobs', 'logs', id)).stdout).toMatch(/from the input\n.*tasks 3\n/);
  });

  test('a log is followed while the job runs, whole, and a stopped job ends with exit code 9', async () => {
    await using desk = await openDesk(platform);
    const command = 'for i in $(seq 1 1000); do echo "tick $i"; sleep 0.05; done';
    const submitted = await desk.quarry('jobs', 'submit', '--command', command, '--quiet', '--json');
    const { id } = JSON.parse(submitted.stdout);
    const follower = desk.start('jobs', 'logs', '--follow', id);
    const watcher = desk.start('jobs', 'watch', id, '--json');
    await until(() => follower.stdout().includes('tick 20'), 'the log is followed');
    expect((await desk.quarry('jobs', 'stop', id)).stdout).toBe(`Job ${id} is asked to stop.\n`);

    const [log, watched, stored] = await Promise.all([
      follower.ended,
      watcher.ended,
      watcher.ended.then(() => desk.quarry('jobs', 'logs', id)),
    ]);
    expect(log.exitCode).toBe(0);
    expect(log.stdout).toBe(stored.stdout);
    expect(watched.exitCode).toBe(9);
    expect(JSON.parse(watched.stdout)).toMatchObject({ id, outcome: 'stopped' });
    expect((await desk.quarry('jobs', 'stop', id)).stdout).toBe(
      `Job ${id} was not running: it had ended already.\n`,
    );
  });

  test('Ctrl-C ends the watching with exit code 130 and leaves the job alone', async () => {
    await using desk = await openDesk(platform);
    const submitted = await desk.quarry('jobs', 'submit', '--command', 'sleep 60', '--quiet', '--json');
    const { id } = JSON.parse(submitted.stdout);
    const watcher = desk.start('jobs', 'watch', id);
    await until(() => watcher.stderr().includes('Executing'), 'the job executes');
    watcher.child.kill('SIGINT');
    const { exitCode, stderr } = await watcher.ended;
    expect(exitCode).toBe(130);
    expect(stderr).toContain(`The job goes on. Follow it again with: quarry jobs watch ${id}`);
    expect((await platform.call('GET', `/api/v2/jobs/${id}/`)).body.outcome).toBeNull();
    await desk.quarry('jobs', 'stop', id);
    expect((await desk.quarry('jobs', 'watch', id)).exitCode).toBe(9);
  });

  test('files go up and come down with the same bytes, and are gone when deleted', async () => {
    await using desk = await openDesk(platform);
    const path = join(desk.folder, 'größe 1.bin');
    await writeFile(path, Buffer.alloc(3_000_000, 'quarry'));
    const uploaded = await desk.quarry('files', 'upload', path, '--json');
    const [{ id, sha512: stated }] = JSON.parse(uploaded.stdout).items;
    expect(stated).toBe(await sha512(path));

    const downloaded = await desk.quarry('files', 'download', id, '--output', 'back', '--json');
    expect(JSON.parse(downloaded.stdout)).toMatchObject([{ id, verified: true, sizeBytes: 3_000_000 }]);
    expect(await sha512(join(desk.folder, 'back', 'größe 1.bin'))).toBe(stated);
    expect((await desk.quarry('files', 'download', id, '--output', 'back')).stderr).toContain('--force');
    expect((await desk.quarry('files', 'download', id, '--output', 'back', '--force')).exitCode).toBe(0);
    expect((await desk.quarry('files', 'cat', id)).stdout).toHaveLength(3_000_000);

    await desk.quarry('files', 'delete', id);
    expect((await desk.quarry('files', 'show', id)).exitCode).toBe(4);
    expect((await desk.quarry('files', 'upload', '.')).stderr).toContain('--recursive');
  });

  test('what the platform refuses after the upload leaves no uploaded file behind', async () => {
    await using desk = await openDesk(platform);
    await writeFile(join(desk.folder, 'orphan.inp'), 'x');
    const refused = ['--name', 'x'.repeat(5000), '--command', 'true', '--input', 'orphan.inp'];
    const { exitCode, stderr } = await desk.quarry('jobs', 'submit', ...refused);
    expect(stderr).toContain('name: ');
    expect(exitCode).toBe(5);
    const { stdout } = await desk.quarry('files', 'list', '--search', 'orphan.inp', '--json');
    expect(JSON.parse(stdout)).toEqual({ items: [], total: 0 });
  });

  test('login saves a profile that every command uses, and logout forgets it', async () => {
    await using desk = await openDesk();
    Object.assign(desk.environment, { RESCALE_API_KEY: platform.apiKey });
    const login = await desk.quarry('auth', 'login', '--base-url', `${platform.url}/`);
    expect(login.exitCode).toBe(0);
    delete desk.environment.RESCALE_API_KEY;
    const file = join(desk.folder, '.config', 'rescale', 'apiconfig');
    expect(await readFile(file, 'utf8')).toBe(
      `[default]\napibaseurl = ${platform.url}\napikey = ${platform.apiKey}\n`,
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const status = await desk.quarry('auth', 'status', '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({ baseUrl: platform.url, role: 'admin' });
    expect(status.stdout).not.toContain(platform.apiKey);

    expect((await desk.quarry('auth', 'logout')).exitCode).toBe(0);
    expect((await desk.quarry('auth', 'logout')).exitCode).toBe(4);
    expect((await desk.quarry('jobs', 'list')).exitCode).toBe(3);
  });

  test('a wrong key is not saved and ends with exit code 3', async () => {
    await using desk = await openDesk();
    Object.assign(desk.environment, { RESCALE_API_KEY: '0'.repeat(40) });
    const { exitCode } = await desk.quarry('auth', 'login', '--base-url', platform.url);
    expect(exitCode).toBe(3);
    await expect(stat(join(desk.folder, '.config'))).rejects.toThrow('ENOENT');
  });

  test('an administrator adds a user, whose key works until it is revoked', async () => {
    await using desk = await openDesk(platform);
    const created = await desk.quarry('users', 'create', 'ann@lab.example', '--name', 'Ann Lee', '--json');
    Object.assign(desk.environment, { RESCALE_API_KEY: JSON.parse(created.stdout).apiKey });
    expect(JSON.parse((await desk.quarry('auth', 'status', '--json')).stdout).user).toBe('ann@lab.example');
    expect((await desk.quarry('users', 'list')).exitCode).toBe(3);
    const key = JSON.parse((await desk.quarry('keys', 'create', 'ci', '--json')).stdout);
    Object.assign(desk.environment, { RESCALE_API_KEY: key.key });
    expect((await desk.quarry('keys', 'list')).stdout).toContain('ci');
    expect((await desk.quarry('keys', 'revoke', key.id)).exitCode).toBe(0);
    expect((await desk.quarry('keys', 'list')).exitCode).toBe(3);
  });

  test('lists of what the platform offers are tables for people and JSON for programs', async () => {
    await using desk = await openDesk(platform);
    for (const [command, word] of [
      ['coretypes', 'granite'],
      ['analyses', 'miniconda'],
      ['prices', 'on-demand'],
    ] as const) {
      const table = await desk.quarry(command);
      expect(table.stdout).toContain(word);
      expect(table.stdout).toMatch(/^[A-Z]/);
      expect(JSON.stringify(JSON.parse((await desk.quarry(command, '--json')).stdout))).toContain(word);
    }
    const unknown = await desk.quarry('analyses', 'minicond');
    expect(unknown.exitCode).toBe(4);
    expect(unknown.stderr).toContain('Did you mean miniconda?');
  });
});

describe('a platform on this machine', { concurrent: true, timeout: 60_000 }, () => {
  test('serve prints one line of JSON, is found without any set-up, and ends cleanly on SIGTERM', async () => {
    await using desk = await openDesk();
    const server = desk.start('serve', '--data', 'data', '--port', '0', '--json');
    try {
      await until(() => server.stdout().includes('\n'), 'the server is ready');
      const ready = JSON.parse(server.stdout());
      expect(Object.keys(ready).toSorted()).toEqual(['apiKey', 'dataDir', 'keyFile', 'url']);
      const status = await desk.quarry('auth', 'status', '--json');
      expect(JSON.parse(status.stdout).baseUrl).toBe(ready.url);
      const doctor = await desk.quarry('doctor', '--json');
      expect(JSON.parse(doctor.stdout).checks.map(({ name }: { name: string }) => name)).toEqual(
        expect.arrayContaining(['platform', 'key', 'clock']),
      );
      expect(doctor.exitCode).toBe(0);
      const inside = await desk.quarry('doctor', '--data', 'data', '--read-data');
      expect(inside.stdout).toMatch(/^ok {7}database: /m);
      expect(inside.stdout).toContain('sandbox: ');
      expect(inside.exitCode).toBe(0);
    } finally {
      server.child.kill('SIGTERM');
    }
    const { exitCode, stdout, stderr } = await server.ended;
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stderr).not.toContain('Warning');
    expect((await desk.quarry('jobs', 'list')).exitCode).toBe(3);
    expect((await desk.quarry('doctor')).exitCode).toBe(1);
  });

  test('demo runs a real job from the upload to the verified outputs and leaves nothing else', async () => {
    await using desk = await openDesk();
    const { exitCode, stdout, stderr } = await desk.quarry('demo');
    expect(stderr).toContain('OK  quarry-demo-output/pi_estimate.bin  8 B  SHA-512');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('pi is about 3.14159');
    expect(stdout).toContain('quarry serve');
    const estimate = await readFile(join(desk.folder, 'quarry-demo-output', 'pi_estimate.bin'));
    expect(estimate.readDoubleLE(0)).toBeCloseTo(Math.PI, 6);
    expect(await readFile(join(desk.folder, 'quarry-demo-output', 'pi_estimate.res'), 'utf8')).toBe(
      `${estimate.readDoubleLE(0)}\n`,
    );
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(stderr)!;
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  test('demo that is interrupted while its job runs takes job and platform with it', async () => {
    await using desk = await openDesk();
    const demo = desk.start('demo', '--data', 'data');
    await until(() => demo.stderr().includes('Pending'), 'the job is submitted');
    demo.child.kill('SIGINT');
    const { exitCode, stderr } = await demo.ended;
    expect(stderr).toContain('error: Interrupted.');
    expect(exitCode).toBe(130);
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(stderr)!;
    await expect(fetch(url)).rejects.toThrow('fetch failed');
    const locks = (await readdir(join(desk.folder, 'data', 'clusters'), { recursive: true })).filter((path) =>
      path.endsWith('agent.lock'),
    );
    for (const lock of locks) {
      const { pid } = JSON.parse(await readFile(join(desk.folder, 'data', 'clusters', lock), 'utf8'));
      await until(() => !isAlive(pid), 'the agent has left');
    }
  });

  test('demo says in words that its port is in use', async () => {
    await using desk = await openDesk();
    const { exitCode, stderr } = await desk.quarry('demo', '--port', new URL(platform.url).port);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/port.* is in use/i);
  });
});

describe.concurrent('the launcher on a Node that is too old', () => {
  /** Lets a program believe that it runs on Node 20, as the launcher sees it. */
  const pretend = `data:text/javascript,${encodeURIComponent(
    'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });',
  )}`;

  test('finds the Node of the repository and runs itself with it', async () => {
    await using desk = await openDesk();
    const old = join(desk.folder, 'old-node');
    await link(process.execPath, old).catch(() => copyFile(process.execPath, old));
    const argv = ['--import', pretend, LAUNCHER, '--version'];
    const { exitCode, stdout } = await startProcess(argv, { ...desk, node: old }).ended;
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '0.1.0\n' });
  });

  test('says what to do when there is no other one', async () => {
    await using desk = await openDesk();
    const alone = join(desk.folder, 'quarry.js');
    await copyFile(LAUNCHER, alone);
    await writeFile(join(desk.folder, 'package.json'), '{"type":"module"}');
    const { exitCode, stderr } = await startProcess(['--import', pretend, alone], desk).ended;
    expect(exitCode).toBe(1);
    expect(stderr).toContain('quarry needs Node 22 or newer, and this is Node 20.20.2.');
    expect(stderr).toContain('npm ci');
  });
});
