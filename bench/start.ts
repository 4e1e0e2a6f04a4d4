/** How long "quarry serve" takes until it answers, and what it holds when idle, with a full database. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPlatform } from '@quarry/server/testing';
import type { Benchmark } from './lib/benchmark.ts';
import { end, residentMiB, storedDataDirectory } from './lib/platform.ts';
import { alternate, summarize, timed } from './lib/samples.ts';

const RUNS = 10;
const COLD_RUNS = 3;
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
    const memory: number[] = [];
    const bareMemory: number[] = [];
    const { server, node } = await alternate(tiny ? 1 : runs, {
      server: () => serverStart(data, {}),
      node: () => bareStart(),
    });
    const cold = summarize(await repeat(tiny ? 1 : COLD_RUNS, () => coldStart(data)));
    for (let run = 0; run < (tiny ? 1 : COLD_RUNS); run++) {
      await serverStart(data, {}, async (pid) => void memory.push(await residentMiB(pid)));
      await bareStart(async (pid) => void bareMemory.push(await residentMiB(pid)));
    }
    const idle = summarize(memory);
    const ms = { unit: 'ms' };
    const mib = { unit: 'MiB' };
    return {
      rows: [
        { what: 'peer: bare node:http server', ...ms, ...node },
        { what: `server, ${stored.jobs} jobs, ${stored.files} files`, ...ms, ...server },
        { what: 'the same, nothing compiled before', ...ms, ...cold },
        { what: 'peer: memory of a bare server', ...mib, ...summarize(bareMemory) },
        { what: 'memory of the server, idle', ...mib, ...idle },
      ],
      figures: [
        {
          what: 'ready, median',
          ...{ value: server.median, unit: 'ms', first: 1500, final: 1000, better: 'lower' },
        },
        {
          what: 'idle memory, median',
          ...{ value: idle.median, unit: 'MiB', first: 120, final: 120, better: 'lower' },
        },
      ],
      remarks: [],
    };
  },
};

async function checkStored(data: string, jobs: number): Promise<void> {
  await using platform = await startPlatform({ data });
  const { status, body } = await platform.call('GET', '/api/v2/jobs/');
  if (status !== 200 || body.count < jobs)
    throw new Error(`${jobs} jobs were stored, ${body.count} are there.`);
}

type Look = (pid: number) => Promise<void>;

async function serverStart(data: string, environment: Record<string, string>, look?: Look): Promise<number> {
  const begin = performance.now();
  await using platform = await startPlatform({ data, environment });
  const milliseconds = performance.now() - begin;
  if (look) {
    await sleep(SETTLE_MS);
    await look(platform.pid);
  }
  return milliseconds;
}

/** The first start after an installation: no module is in Node's compile cache. */
async function coldStart(data: string): Promise<number> {
  const cache = await mkdtemp(join(tmpdir(), 'quarry-bench-cold-'));
  try {
    return await serverStart(data, { NODE_COMPILE_CACHE: cache });
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

async function bareStart(look?: Look): Promise<number> {
  const child = spawn(process.execPath, ['-e', BARE_SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const milliseconds = await timed(() => once(child.stdout, 'data'));
    if (look) {
      await sleep(SETTLE_MS);
      await look(child.pid!);
    }
    return milliseconds;
  } finally {
    await end(child);
  }
}

async function repeat(times: number, work: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let run = 0; run < times; run++) values.push(await work());
  return values;
}
