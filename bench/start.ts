/** How long "quarry serve" takes until it answers, and what it holds when idle, with a full database. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startPlatform } from '@quarry/server/testing';
import type { Benchmark } from './lib/benchmark.ts';
import { end, residentMiB, storedDataDirectory } from './lib/platform.ts';
import { alternate } from './lib/samples.ts';

const RUNS = 10;
const COLD_RUNS = 3;
const QUARRY = fileURLToPath(new URL('../packages/cli/bin/quarry.js', import.meta.url));
const SERVER = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url));
/** After this long nothing of the start is under way any more. */
const SETTLE_MS = 3000;
/** As much of a server as Node itself is. */
const BARE_SERVER = `require('node:http').createServer((q, r) => r.end()).listen(0, '127.0.0.1', () => console.log('ready'))`;

export const start: Benchmark = {
  name: 'start',
  summary: 'from the start of the process to its ready line with 100,000 jobs stored, then its memory',

  async run({ runs = RUNS, full, tiny, note }) {
    const stored = tiny ? { jobs: 100, files: 100 } : { jobs: 100_000, files: full ? 1_000_000 : 100_000 };
    const data = await storedDataDirectory(stored, note);
    await checkStored(data, stored.jobs);

    note('starting');
    const starts = tiny ? 1 : runs;
    const looks = tiny ? 1 : COLD_RUNS;
    const settle = tiny ? 100 : SETTLE_MS;
    const serve = [QUARRY, 'serve', '--data', data, '--port', '0', '--json'];
    const program = [SERVER, '--data', data, '--port', '0', '--json'];
    const bare = ['-e', BARE_SERVER];
    const environment = { QUARRY_STATE_DIR: join(dirname(data), 'state') };
    const measured = await alternate(starts, {
      bare: () => startOf(bare, environment),
      program: () => startOf(program, environment),
      serve: () => startOf(serve, environment),
    });
    const cold = await alternate(looks, { serve: () => coldStart(serve, environment) });
    const memory = await alternate(looks, {
      bare: () => idleMemory(bare, environment, settle),
      serve: () => idleMemory(serve, environment, settle),
    });
    const ms = { unit: 'ms' };
    const mib = { unit: 'MiB' };
    return {
      rows: [
        { what: 'peer: bare node:http server', ...ms, ...measured.bare },
        { what: 'server program alone', ...ms, ...measured.program },
        { what: `quarry serve, ${stored.jobs} jobs, ${stored.files} files`, ...ms, ...measured.serve },
        { what: 'the same, nothing compiled before', ...ms, ...cold.serve },
        { what: 'peer: memory of a bare server', ...mib, ...memory.bare },
        { what: 'memory of quarry serve, idle', ...mib, ...memory.serve },
      ],
      figures: [
        {
          what: 'quarry serve ready, median',
          ...{ value: measured.serve.median, unit: 'ms', first: 1500, final: 1000, better: 'lower' },
        },
        {
          what: 'idle memory, median',
          ...{ value: memory.serve.median, unit: 'MiB', first: 120, final: 120, better: 'lower' },
        },
      ],
      remarks: [],
    };
  },
};

async function checkStored(data: string, jobs: number): Promise<void> {
  await using platform = await startPlatform({ data });
  const { status, body } = await platform.call('GET', '/api/v2/jobs/');
  if (status !== 200 || body.count < jobs) {
    throw new Error(`${jobs} jobs were stored, ${body.count} are there.`);
  }
}

type Variables = Record<string, string>;

/** Milliseconds from the start of the process to its first line. */
async function startOf(args: readonly string[], environment: Variables): Promise<number> {
  const begin = performance.now();
  await using server = await startServer(args, environment);
  return server.readyAt - begin;
}

/** The first start after an installation: no module is in Node's compile cache. */
async function coldStart(args: readonly string[], environment: Variables): Promise<number> {
  const cache = await mkdtemp(join(tmpdir(), 'quarry-bench-cold-'));
  try {
    return await startOf(args, { ...environment, NODE_COMPILE_CACHE: cache });
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

async function idleMemory(
  args: readonly string[],
  environment: Variables,
  settleMs: number,
): Promise<number> {
  await using server = await startServer(args, environment);
  await sleep(settleMs);
  // Awaited here: the server ends with this function.
  return await residentMiB(server.pid);
}

async function startServer(
  args: readonly string[],
  environment: Variables,
): Promise<AsyncDisposable & { pid: number; readyAt: number }> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const gone = new AbortController();
  child.once('exit', (code, signal) => {
    gone.abort(new Error(`It ended by itself (${signal ?? code}): node ${args.join(' ')}\n${said}`));
  });
  await once(child.stdout, 'data', { signal: gone.signal }).catch(() => gone.signal.throwIfAborted());
  const readyAt = performance.now();
  return {
    pid: child.pid!,
    readyAt,
    async [Symbol.asyncDispose]() {
      gone.signal.throwIfAborted();
      await end(child);
    },
  };
}
