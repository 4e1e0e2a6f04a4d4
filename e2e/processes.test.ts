/**
 * Every program that server and agent start is in the table of docs/security.md, and nothing that a job controls
 * reaches one that is not its own. Seen by tracing a real server from outside.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { probeSandbox } from '@quarry/agent/sandbox';
import { expect, test } from 'vitest';
import { until } from '../packages/server/test/platform-harness.ts';
import { startPlatform } from '../packages/server/testing/start-platform.ts';
import { jobWithStatus, submitCommand } from './support/jobs.ts';

const { isStaying } = await probeSandbox();
const SECURITY = new URL('../docs/security.md', import.meta.url);
const CANARY = 'canary-of-the-job';
/** Written when that has been looked at. */
const SCANNED = 'cache/host-software.json';

/** Whether this host lets a process be traced. */
function canTrace(): boolean {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

interface Started {
  program: string;
  args: string;
  environment: string;
}

const traces = canTrace();
if (!traces) {
  console.warn('The test of started programs is skipped: strace does not work here.');
}

test.skipIf(!traces || !isStaying)(
  'the programs that are started are those of the table, and none of ours sees what a job controls',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'quarry-trace-'));
    try {
      const started = await traceJobs(join(directory, 'trace'));
      const isOfJob = ({ environment }: Started) => environment.includes(`"CANARY=${CANARY}"`);
      const ours = started.filter((each) => !isOfJob(each));
      const listed = await programsOfTable();
      expect(ours.map(({ program }) => basename(program)).filter((name) => !listed.has(name))).toEqual([]);
      // Whoever lists the processes of the host reads the arguments of all of them.
      expect(ours.filter(({ args }) => args.includes(CANARY))).toEqual([]);
      for (const { program, environment } of ours) {
        expect([program, environment]).toEqual([
          program,
          expect.not.stringMatching(new RegExp(`${CANARY}|LD_PRELOAD|BASH_ENV|nonexistent`)),
        ]);
      }
      const commands = started.filter(isOfJob);
      expect(commands.length).toBeGreaterThan(1);
    } finally {
      await rm(directory, { recursive: true });
    }
  },
);

/** Runs jobs of several kinds on a server that is traced, and answers what was started. */
async function traceJobs(file: string): Promise<Started[]> {
  await using platform = await startPlatform({ cores: 2, sandbox: 'required' });
  // The software of the host is asked for its versions after the start: programs of any name, in a row of their own.
  await until(
    async () => await isThere(join(platform.dataDir, SCANNED)),
    'the look at the software of the host',
  );
  const trace = ['-f', '-v', '-s', '200000', '-e', 'trace=execve', '-o', file, '-p', String(platform.pid)];
  const tracer = spawn('strace', trace, { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((resolve) =>
    tracer.stderr.on('data', (words) => /attached/.test(words) && resolve()),
  );
  const envVars = {
    CANARY,
    LD_PRELOAD: '/nonexistent.so',
    BASH_ENV: '/nonexistent',
    PATH: '/nonexistent:/usr/bin:/bin',
  };
  for (const command of [`echo ${CANARY}; /bin/true; echo > /dev/shm/x`, `# ${CANARY}\nsleep 300`]) {
    const id = await submitCommand(platform, command, { envVars });
    if (command.includes('sleep')) {
      await jobWithStatus(platform, id, 'Executing');
      await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
    }
    await jobWithStatus(platform, id, 'Completed', 60);
  }
  const ended = once(tracer, 'exit');
  tracer.kill('SIGINT');
  await ended;
  const text = await readFile(file, 'utf8');
  return text.split('\n').flatMap((line) => {
    const match = /^\d+ +execve\("([^"]+)", (\[.*\]), (\[.*\])(?:\) = 0| <unfinished)/.exec(line);
    return match === null ? [] : [{ program: match[1]!, args: match[2]!, environment: match[3]! }];
  });
}

/** The names in the first column of the table of processes. */
async function programsOfTable(): Promise<Set<string>> {
  const text = await readFile(SECURITY, 'utf8');
  const section = text.slice(text.indexOf('## Programs that are started'));
  const rows = section
    .slice(0, section.indexOf('\n## ', 3))
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  return new Set(
    rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)),
  );
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
