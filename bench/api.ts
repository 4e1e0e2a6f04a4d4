/** What the server answers per second on one core, and how fast pages of long lists come. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Platform, startPlatform } from '@quarry/server/testing';
import type { Benchmark, Row } from './lib/benchmark.ts';
import { pin, SERVER_CORE, whyNotPinned } from './lib/cores.ts';
import { loadFully, loadSteadily } from './lib/load.ts';
import { cpuSeconds, end, storedDataDirectory, temporaryDirectory } from './lib/platform.ts';
import { alternate, summarize, timed } from './lib/samples.ts';

const RUNS = 3;
const SECONDS = 5;
const WARM_UP_SECONDS = 2;
const CONNECTIONS = 10;
const STEADY_RATE = 1000;
const PAGE_LOOKS = 20;
const DEEP_PAGE_SIZE = 100;

export const api: Benchmark = {
  name: 'api',
  summary: 'authenticated GET of a job on one core; pages of lists with 100,000 jobs stored',

  async run({ runs = RUNS, full, tiny, note }) {
    const stored = tiny ? { jobs: 100, files: 100 } : { jobs: 100_000, files: full ? 1_000_000 : 100_000 };
    const data = await storedDataDirectory(stored, note);
    await using platform = await startPlatform({ data });
    pin(platform.pid, SERVER_CORE);
    const { path, body } = await aJob(platform);
    await using peer = await startPeer(body);
    pin(peer.pid, SERVER_CORE);

    const seconds = tiny ? 1 : SECONDS;
    const times = tiny ? 1 : runs;
    const cpuMicroseconds: number[] = [];
    const fully = (base: string, during: number) =>
      loadFully(new URL(path, base).href, platform.apiKey, { seconds: during, connections: CONNECTIONS });
    const fullyCounted = async () => {
      const before = await cpuSeconds(platform.pid);
      const perSecond = await fully(platform.url, seconds);
      const spent = (await cpuSeconds(platform.pid)) - before;
      cpuMicroseconds.push((spent * 1e6) / (perSecond * seconds));
      return perSecond;
    };
    note('as many requests as are answered');
    await fully(platform.url, 1);
    await fully(peer.url, 1);
    const most = await alternate(times, {
      server: fullyCounted,
      peer: () => fully(peer.url, seconds),
    });
    note(`${STEADY_RATE} requests per second`);
    const medians: number[] = [];
    const steadily = async (base: string) => {
      const load = { rate: STEADY_RATE, seconds, warmUpSeconds: tiny ? 0 : WARM_UP_SECONDS };
      return loadSteadily(new URL(path, base).href, platform.apiKey, load);
    };
    const p99 = await alternate(times, {
      server: async () => {
        const { p50Ms, p99Ms } = await steadily(platform.url);
        medians.push(p50Ms);
        return p99Ms;
      },
      peer: async () => (await steadily(peer.url)).p99Ms,
    });
    note('pages of lists');
    const pages = await listPages(platform, stored.jobs);

    const slowest = Math.max(...pages.map((page) => page.median));
    return {
      rows: [
        { what: 'peer: bare node:http, same bytes', unit: '/s', ...most.peer },
        { what: 'GET of a job', unit: '/s', ...most.server },
        { what: 'GET of a job: CPU of the server', unit: 'µs', ...summarize(cpuMicroseconds) },
        { what: `peer: p99 at ${STEADY_RATE}/s`, unit: 'ms', ...p99.peer },
        { what: `GET of a job: p50 at ${STEADY_RATE}/s`, unit: 'ms', ...summarize(medians) },
        { what: `GET of a job: p99 at ${STEADY_RATE}/s`, unit: 'ms', ...p99.server },
        ...pages,
      ],
      figures: [
        {
          what: 'GET of a job, median',
          ...{ value: most.server.median, unit: '/s', first: 3000, final: 5000, better: 'higher' },
        },
        {
          what: `p99 at ${STEADY_RATE}/s, median`,
          ...{ value: p99.server.median, unit: 'ms', first: 20, final: 20, better: 'lower' },
        },
        {
          what: `slowest list page, ${stored.jobs} jobs and ${stored.files} files`,
          ...{ value: slowest, unit: 'ms', first: 50, final: 50, better: 'lower' },
        },
      ],
      remarks: [whyNotPinned()].filter((remark) => remark !== null),
    };
  },
};

/** A stored job with its bytes as the platform answers them. */
async function aJob(platform: Platform): Promise<{ path: string; body: string }> {
  const list = await platform.call('GET', '/api/v2/jobs/?page=2');
  const id = list.body.results[0].id as string;
  const { status, body } = await platform.call('GET', `/api/v2/jobs/${id}/`);
  if (status !== 200 || body.id !== id) {
    throw new Error(`GET of the job ${id} answers ${status}.`);
  }
  return { path: `/api/v2/jobs/${id}/`, body: JSON.stringify(body) };
}

async function startPeer(body: string): Promise<AsyncDisposable & { url: string; pid: number }> {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'body.json');
  await writeFile(file, body);
  const main = fileURLToPath(new URL('./lib/same-bytes-server.ts', import.meta.url));
  const child = spawn(process.execPath, [main, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    url: `http://127.0.0.1:${String(line).trim()}`,
    pid: child.pid!,
    [Symbol.asyncDispose]: () => end(child),
  };
}

async function listPages(platform: Platform, jobs: number): Promise<Row[]> {
  const rows: Row[] = [];
  const look = async (what: string, path: string) => {
    const times: number[] = [];
    for (let run = 0; run < PAGE_LOOKS; run++) {
      times.push(await timed(() => page(platform, path)));
    }
    rows.push({ what, unit: 'ms', ...summarize(times) });
  };
  await look('jobs, page 1', '/api/v2/jobs/');
  await look('jobs, page 1, completed only', '/api/v2/jobs/?state=completed');
  await look('jobs, last page of 10 by number', `/api/v2/jobs/?page=${Math.floor(jobs / 10)}`);
  await look('jobs, page 1 of a search', '/api/v2/jobs/?search=job+99');
  await look('files, page 1', '/api/v2/files/');

  const times: number[] = [];
  let found = 0;
  let next: string | null = `/api/v2/jobs/?page_size=${DEEP_PAGE_SIZE}`;
  while (next !== null) {
    const begin = performance.now();
    const answer: { next: string | null; results: unknown[] } = await page(platform, next);
    times.push(performance.now() - begin);
    found += answer.results.length;
    next = answer.next;
  }
  if (found < jobs) {
    throw new Error(`Following the links led to ${found} of ${jobs} jobs.`);
  }
  const shown = Math.min(PAGE_LOOKS, times.length);
  rows.push(
    {
      what: `jobs, first ${shown} pages of ${DEEP_PAGE_SIZE} by link`,
      unit: 'ms',
      ...summarize(times.slice(0, shown)),
    },
    {
      what: `jobs, last ${shown} pages of ${DEEP_PAGE_SIZE} by link`,
      unit: 'ms',
      ...summarize(times.slice(-shown)),
    },
  );
  return rows;
}

async function page(platform: Platform, path: string) {
  const { status, body } = await platform.call('GET', path);
  if (status !== 200) {
    throw new Error(`GET ${path} answers ${status}.`);
  }
  return body;
}
