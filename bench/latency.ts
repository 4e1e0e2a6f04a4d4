/** How long a user waits on an idle host before the command of a job runs. */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { probeSandbox } from '@quarry/agent/sandbox';
import type { Quarry } from '@quarry/sdk';
import { type Platform, startPlatform } from '@quarry/server/testing';
import type { Benchmark } from './lib/benchmark.ts';
import { clientOf, definition, finish } from './lib/platform.ts';
import { alternate, type Sample } from './lib/samples.ts';

const RUNS = 20;
/** Between jobs, so that each meets an idle host. */
const REST_MS = 200;
/** The clock is the command's very first instruction, and in the shell itself: no process starts before it. */
const COMMAND = 'echo $EPOCHREALTIME > stamp';

export const latency: Benchmark = {
  name: 'latency',
  summary: 'from just before submit to the first instruction of the command, idle host',

  async run({ runs = RUNS, tiny, note }) {
    const times = tiny ? 2 : runs;
    const probe = await probeSandbox();
    await using bare = await startPlatform({ sandbox: 'off' });
    await using boxed = probe.available ? await startPlatform({ sandbox: 'required' }) : null;
    note(`${times} jobs on each side`);
    const sides = {
      bash: spawnLatency,
      ...(boxed ? { bwrap: boxedSpawnLatency, boxed: jobLatency(boxed) } : {}),
      bare: jobLatency(bare),
    };
    // The first of each side fills caches that any later one finds full.
    for (const side of Object.values(sides)) {
      await side();
    }
    const measured: Record<string, Sample | undefined> = await alternate(times, sides);

    const words: Record<string, string> = {
      bash: 'peer: bash -c, spawned by Node',
      bwrap: 'peer: the same in bubblewrap',
      bare: 'job, sandbox off',
      boxed: 'job, sandbox on',
    };
    const rows = ['bash', 'bare', 'bwrap', 'boxed'].flatMap((side) =>
      measured[side] ? [{ what: words[side]!, unit: 'ms', ...measured[side] }] : [],
    );
    const slowest = measured.boxed ?? measured.bare!;
    return {
      rows,
      figures: [
        {
          what: `submit to first instruction, median, sandbox ${boxed ? 'on' : 'off'}`,
          ...{ value: slowest.median, unit: 'ms', first: 300, final: 150, better: 'lower' },
        },
      ],
      remarks: boxed ? [] : [`Left out with the sandbox on: ${probe.reason}`],
    };
  },
};

/** Submits a job and answers when its command began, in milliseconds since just before the submit. */
function jobLatency(platform: Platform): () => Promise<number> {
  const client = clientOf(platform);
  return async () => {
    const job = await client.jobs.create(definition(COMMAND));
    await sleep(REST_MS);
    const before = performance.timeOrigin + performance.now();
    await client.jobs.submit(job.id);
    await finish(platform, client, job.id);
    const began = await stampOf(client, job.id);
    return checked(began - before);
  };
}

async function stampOf(client: Quarry, jobId: string): Promise<number> {
  for await (const file of client.jobs.files(jobId)) {
    if (file.name === 'stamp') {
      return toMilliseconds(await client.files.text(file.id));
    }
  }
  throw new Error('The job left no stamp.');
}

async function spawnLatency(): Promise<number> {
  return firstInstruction('bash', []);
}

/** What bubblewrap itself takes, with the mounts that any sandbox of ours has. */
async function boxedSpawnLatency(): Promise<number> {
  const mounts = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp'];
  return firstInstruction('bwrap', [
    '--unshare-pid',
    '--unshare-ipc',
    '--die-with-parent',
    ...mounts,
    '--',
    'bash',
  ]);
}

async function firstInstruction(program: string, args: string[]): Promise<number> {
  const before = performance.timeOrigin + performance.now();
  const { stdout } = await promisify(execFile)(program, [...args, '-c', 'echo $EPOCHREALTIME']);
  return checked(toMilliseconds(stdout) - before);
}

/** Bash writes seconds with six decimals. */
function toMilliseconds(stamp: string): number {
  return Number(stamp.trim().replace(',', '.')) * 1000;
}

function checked(milliseconds: number): number {
  if (milliseconds > 0 && milliseconds < 60_000) {
    return milliseconds;
  }
  throw new Error(`The clock of the command says ${milliseconds} ms after the start, which cannot be.`);
}
