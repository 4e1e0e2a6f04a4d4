/** Several ways to do the same transfer, each timed with the processor time of both ends. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Row } from '../benchmark.ts';
import { treeCpuSeconds } from '../process-tree.ts';
import { summarize } from '../samples.ts';

const TICKS_PER_SECOND = 100;

export interface Side {
  what: string;
  /** What is timed. */
  run: () => Promise<unknown>;
  /** Throws unless the transfer did what it should; called once, before anything is timed. */
  check?: () => Promise<void>;
  /** Makes it possible to run again. */
  clean?: () => Promise<void>;
  /** The process that answers, whose time is told as well. */
  serverPid?: number;
}

/**
 * Runs each side once with its check, then all of them in turn, so that whatever else the host does meets each of them
 * alike. Sides that are null are left out.
 */
export async function measureSides<Names extends string>(
  runs: number,
  sides: Record<Names, Side | null>,
  { warmUp = true } = {},
): Promise<Partial<Record<Names, Row>>> {
  const present = Object.entries<Side | null>(sides).filter(
    (entry): entry is [Names, Side] => entry[1] !== null,
  );
  for (const [, side] of present) {
    if (!warmUp) {
      break;
    }
    await side.run();
    await side.check?.();
    await side.clean?.();
  }
  const measured = new Map<Names, Measured[]>(present.map(([name]) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const [name, side] of present) {
      measured.get(name)!.push(await measureOnce(side));
      if (!warmUp && run === 0) {
        await side.check?.();
      }
      await side.clean?.();
    }
  }
  return Object.fromEntries(
    present.map(([name, side]) => [name, rowOf(side, measured.get(name)!)]),
  ) as Partial<Record<Names, Row>>;
}

interface Measured {
  milliseconds: number;
  client: number;
  server: number | null;
}

async function measureOnce(side: Side): Promise<Measured> {
  // What was written before would be paid for by whoever syncs first.
  await promisify(execFile)('sync');
  const serverBefore = side.serverPid === undefined ? null : await treeCpuSeconds(side.serverPid);
  const clientBefore = await ownCpuSeconds();
  const begin = performance.now();
  await side.run();
  const milliseconds = performance.now() - begin;
  const client = (await ownCpuSeconds()) - clientBefore;
  const server = serverBefore === null ? null : (await treeCpuSeconds(side.serverPid!)) - serverBefore;
  return { milliseconds, client, server };
}

function rowOf(side: Side, measured: readonly Measured[]): Row {
  const servers = measured.map(({ server }) => server).filter((server) => server !== null);
  return {
    what: side.what,
    unit: 'ms',
    ...summarize(measured.map(({ milliseconds }) => milliseconds)),
    clientCpuSeconds: summarize(measured.map(({ client }) => client)).median,
    ...(servers.length > 0 ? { serverCpuSeconds: summarize(servers).median } : {}),
  };
}

/** Of this process with its threads, and of the children that it has seen end. */
async function ownCpuSeconds(): Promise<number> {
  const { user, system } = process.cpuUsage();
  const stat = await readFile('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (user + system) / 1e6 + (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}
