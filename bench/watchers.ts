/** Many who watch one log while it grows: how late they get it, and what the server holds for them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Platform, startPlatform } from '@quarry/server/testing';
import type { Benchmark } from './lib/benchmark.ts';
import { peakMemory } from './lib/memory.ts';
import { clientOf, cpuSeconds, definition, end, residentMiB } from './lib/platform.ts';
import { summarize } from './lib/samples.ts';

const WATCHERS = fileURLToPath(new URL('./lib/watchers.ts', import.meta.url));
const CONNECTIONS = 1000;
const SECONDS = 20;
/** Five lines a second, each with the time at which it is written. */
const COMMAND = 'while :; do echo $EPOCHREALTIME; sleep 0.2; done';

interface Watched {
  medianMs: number;
  p99Ms: number;
  lines: number;
  /** Events that the one has got who got fewest. */
  least: number;
}

export const watchers: Benchmark = {
  name: 'watchers',
  summary: 'lag and memory of the server with 1,000 watchers of one growing log',

  async run({ tiny, note }) {
    const connections = tiny ? 20 : CONNECTIONS;
    const seconds = tiny ? 2 : SECONDS;
    await using platform = await startPlatform();
    const client = clientOf(platform);
    const job = await client.jobs.create(definition(COMMAND));
    await client.jobs.submit(job.id);
    const url = `${platform.url}/api/v2/jobs/${job.id}/runs/1/tail/process_output.log`;
    await untilWritten(url, platform);
    const one = await watch(platform, `${url}?follow=1&lines=1`, 1, seconds);
    const beforeMiB = await residentMiB(platform.pid);
    note(`${connections} watchers for ${2 * seconds} s`);
    const all = await watch(platform, `${url}?follow=1&lines=1`, connections, seconds);
    await client.jobs.stop(job.id);

    const mib = (what: string, value: number) => ({ what, unit: 'MiB', ...summarize([value]) });
    const ms = (what: string, value: number) => ({ what, unit: 'ms', ...summarize([value]) });
    return {
      rows: [
        ms('lag of one watcher, median', one.second.medianMs),
        ms(`lag of ${connections}, median`, all.second.medianMs),
        ms(`lag of ${connections}, 99 of 100`, all.second.p99Ms),
        mib('memory of the server before', beforeMiB),
        mib(`at most in the first ${seconds} s`, all.firstMiB),
        mib(`at most in the ${seconds} s after that`, all.secondMiB),
        {
          what: 'memory for each watcher',
          unit: 'KiB',
          ...summarize([((all.firstMiB - beforeMiB) * 1024) / connections]),
        },
        { what: 'processor of the server meanwhile', unit: '%', ...summarize([all.processorShare * 100]) },
      ],
      figures: [
        {
          what: `lag of ${connections} watchers of one log, median`,
          ...{ value: all.second.medianMs, unit: 'ms', first: 300, final: 300, better: 'lower' },
        },
        {
          what: 'memory of the server in the second half, as a part of that in the first',
          ...{ value: all.secondMiB / all.firstMiB, unit: 'x', first: 1.1, final: 1.05, better: 'lower' },
        },
      ],
      remarks: [],
    };
  },
};

async function untilWritten(url: string, { apiKey }: Platform): Promise<void> {
  const headers = { authorization: `Token ${apiKey}` };
  while ((await (await fetch(`${url}?lines=1`, { headers })).text()).length < 100) {
    await sleep(50);
  }
}

/** Watches twice as long: what comes in the second half is what counts. */
async function watch(platform: Platform, url: string, connections: number, seconds: number) {
  const child = spawn(process.execPath, [WATCHERS, url, platform.apiKey, String(connections)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ask = async () => {
      child.stdin.write('\n');
      return JSON.parse((await lines.next()).value as string) as Watched;
    };
    if ((await lines.next()).value !== 'open') {
      throw new Error('Not all of the watchers were answered.');
    }
    const firstMiB = await peakMemory(platform.pid, () => sleep(seconds * 1000));
    const first = await ask();
    const cpuBefore = await cpuSeconds(platform.pid);
    const secondMiB = await peakMemory(platform.pid, () => sleep(seconds * 1000));
    const processorShare = ((await cpuSeconds(platform.pid)) - cpuBefore) / seconds;
    const second = await ask();
    if (second.least - first.least < seconds || second.lines < connections * seconds) {
      throw new Error(`One of the watchers got ${second.least - first.least} events in ${seconds} s.`);
    }
    return { firstMiB, secondMiB, second, processorShare };
  } finally {
    child.stdin.end();
    await Promise.race([once(child, 'exit'), sleep(1000)]);
    await end(child);
  }
}
