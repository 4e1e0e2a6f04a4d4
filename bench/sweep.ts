/** How many runs of a trivial command a sweep gets through, beside the host's own rate of starting processes. */
import { availableParallelism } from 'node:os';
import { probeSandbox } from '@quarry/agent/sandbox';
import { type Platform, startPlatform } from '@quarry/server/testing';
import type { Benchmark, Figure, Row } from './lib/benchmark.ts';
import { clientOf } from './lib/platform.ts';
import { startsByNode, startsByXargs, TRIVIAL, TRIVIAL_IN_BUBBLEWRAP } from './lib/process-starts.ts';
import { alternate, type Sample, summarize, timed } from './lib/samples.ts';
import {
  acceptSweep,
  checkRuns,
  type Held,
  readPage,
  untilNothingLeft,
  untilRunEnded,
  untilSweepSucceeded,
  watchMemory,
} from './lib/sweeps.ts';

const TIMES = 3;
const PAGE_LOOKS = 20;

interface Sizes {
  /** Runs of a sweep that is measured for its rate. */
  measured: number;
  /** Runs of the sweep that is accepted, followed and stopped. */
  large: number;
  /** Processes that each peer starts. */
  starts: number;
}

function sizesOf({ full, tiny }: { full: boolean; tiny: boolean }): Sizes {
  if (tiny) {
    return { measured: 60, large: 200, starts: 20 };
  }
  return { measured: full ? 10_000 : 2_000, large: 10_000, starts: 1_000 };
}

export const sweep: Benchmark = {
  name: 'sweep',
  summary: 'runs of `true` per second in one job with a slot for each core, beside bare starts of processes',

  async run({ runs = TIMES, full, tiny, note }) {
    const sizes = sizesOf({ full, tiny });
    const slots = availableParallelism();
    const probe = await probeSandbox();
    await using bare = await startPlatform({ sandbox: 'off' });
    await using boxed = probe.available ? await startPlatform({ sandbox: 'required' }) : null;

    note(`${tiny ? 1 : runs} sweeps of ${sizes.measured} runs on each side, ${slots} slots`);
    const memory = new Memory();
    const rates = await alternate(tiny ? 1 : runs, {
      node: () => startsByNode(TRIVIAL, sizes.starts, slots),
      xargs: () => startsByXargs(TRIVIAL, sizes.starts, slots),
      bare: () => sweepRate(bare, sizes.measured, slots, memory),
      ...(boxed && {
        bwrap: () => startsByNode(TRIVIAL_IN_BUBBLEWRAP, sizes.starts, slots),
        boxed: () => sweepRate(boxed, sizes.measured, slots),
      }),
    });

    note(`${sizes.large} runs: accepted, listed, stopped in the middle`);
    const large = await followLargeSweep(bare, sizes.large, slots);
    return {
      rows: [...rateRows(rates), ...memory.rows(), ...large.rows],
      figures: [...rateFigures(rates), ...memory.figures(), ...large.figures],
      remarks: boxed ? [] : [`Left out with the sandbox on: ${probe.reason}`],
    };
  },
};

/** Runs per second from the answer to submit until the job is Completed, its outputs listed. */
async function sweepRate(
  platform: Platform,
  runs: number,
  slots: number,
  memory: Memory | null = null,
): Promise<number> {
  const client = clientOf(platform);
  const { jobId } = await acceptSweep(client, runs, slots);
  const ended = untilSweepSucceeded(client, jobId, runs);
  if (memory) {
    memory.keep(await watchMemory(platform, ended));
  }
  const rate = runs / (await ended);
  await checkRuns(client, jobId, runs);
  await untilNothingLeft(platform);
  return rate;
}

/** What server and agent hold early and late in sweeps. */
class Memory {
  readonly #early: Held[] = [];
  readonly #late: Held[] = [];

  /** Takes what was seen during one sweep. */
  keep(seen: Held[]): void {
    const at = (share: number) => seen[Math.floor(seen.length * share)];
    const [early, late] = [at(0.25), at(0.9)];
    if (!early || !late) {
      throw new Error('No agent was seen during the sweep.');
    }
    this.#early.push(early);
    this.#late.push(late);
  }

  rows(): Row[] {
    const row = (what: string, held: Held[], whose: keyof Held) => ({
      ...{ what, unit: 'MiB' },
      ...summarize(held.map((each) => each[whose])),
    });
    return [
      row('memory of the server after a quarter of a sweep', this.#early, 'server'),
      row('memory of the server after nine tenths', this.#late, 'server'),
      row('memory of the agent after a quarter of a sweep', this.#early, 'agent'),
      row('memory of the agent after nine tenths', this.#late, 'agent'),
    ];
  }

  figures(): Figure[] {
    const growth = (whose: keyof Held): Figure => ({
      what: `growth of the ${whose} during a sweep, median`,
      value: summarize(this.#late.map((late, index) => late[whose] - this.#early[index]![whose])).median,
      ...{ unit: 'MiB', first: 32, final: 16, better: 'lower' },
    });
    return [growth('server'), growth('agent')];
  }
}

type Rates = Record<'node' | 'xargs' | 'bare', Sample> & Partial<Record<'bwrap' | 'boxed', Sample>>;

function rateRows(rates: Rates): Row[] {
  const row = (what: string, sample: Sample | undefined) =>
    sample === undefined ? [] : [{ what, unit: '/s', ...sample }];
  return [
    ...row('peer: bash started by Node', rates.node),
    ...row('peer: bash started by xargs -P', rates.xargs),
    ...row('runs, sandbox off', rates.bare),
    ...row('peer: bash in bubblewrap started by Node', rates.bwrap),
    ...row('runs, sandbox on', rates.boxed),
  ];
}

function rateFigures({ node, bare, bwrap, boxed }: Rates): Figure[] {
  const share = (what: string, own: Sample, peer: Sample): Figure => ({
    what,
    value: (100 * own.median) / peer.median,
    ...{ unit: '%', first: 30, final: 60, better: 'higher' },
  });
  return [
    share('runs by bare starts, sandbox off', bare, node),
    ...(bwrap && boxed ? [share('runs by starts in bubblewrap, sandbox on', boxed, bwrap)] : []),
  ];
}

async function followLargeSweep(
  platform: Platform,
  runs: number,
  slots: number,
): Promise<{ rows: Row[]; figures: Figure[] }> {
  const client = clientOf(platform);
  const { jobId, tookMs } = await acceptSweep(client, runs, slots);
  await untilRunEnded(client, jobId, Math.ceil(runs / 20));
  const pages = await alternate(PAGE_LOOKS, {
    first: () => timed(() => readPage(client, jobId, 1)),
    last: () => timed(() => readPage(client, jobId, runs)),
  });

  const begin = performance.now();
  await client.jobs.stop(jobId);
  const { outcome } = await client.jobs.wait(jobId, { intervalMs: 25 });
  const completedMs = performance.now() - begin;
  if (outcome !== 'stopped') {
    throw new Error(`The stopped sweep ended as ${outcome}.`);
  }
  await untilNothingLeft(platform);
  const goneMs = performance.now() - begin;

  const once = (value: number) => summarize([value]);
  return {
    rows: [
      { what: `create and submit of ${runs} runs`, unit: 'ms', ...once(tookMs) },
      { what: 'first page of 100 runs, the sweep under way', unit: 'ms', ...pages.first },
      { what: 'last page of 100 runs, the sweep under way', unit: 'ms', ...pages.last },
      { what: 'stop until Completed', unit: 'ms', ...once(completedMs) },
      { what: 'stop until no file or process is left', unit: 'ms', ...once(goneMs) },
    ],
    figures: [
      {
        what: `create and submit of ${runs} runs`,
        ...{ value: tookMs, unit: 'ms', first: 1000, final: 1000, better: 'lower' },
      },
      {
        what: 'last page of runs by the first, median',
        ...{
          value: pages.last.median / pages.first.median,
          unit: 'x',
          first: 2,
          final: 1.5,
          better: 'lower',
        },
      },
      {
        what: 'stop in the middle until nothing is left',
        ...{ value: goneMs, unit: 'ms', first: 2000, final: 2000, better: 'lower' },
      },
    ],
  };
}
