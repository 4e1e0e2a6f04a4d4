/** Sweeps of a trivial command on a platform, and what can be seen of them from outside. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobDefinition, Quarry } from '@quarry/sdk';
import type { Platform } from '@quarry/server/testing';
import { residentMiB } from './platform.ts';

const LOOK_EVERY_MS = 25;
const SWEEP_TIMEOUT_MS = 600_000;
const STOP_TIMEOUT_MS = 60_000;
const PAGE_SIZE = 100;

/** `runs` runs of `true`, as many at a time as there are slots. */
function sweepDefinition(runs: number, slots: number): JobDefinition {
  return {
    name: 'benchmark of sweeps',
    jobanalyses: [
      {
        analysis: { code: 'user_included', version: '0' },
        command: 'true',
        hardware: { coreType: 'quartz', coresPerSlot: 1, slots, walltime: 1 },
      },
    ],
    jobvariables: [
      {
        name: 'x',
        variableType: 'Param',
        displayOrder: 0,
        valueGeneratorType: 'FixedRange',
        valueGeneratorSettings: { minvalue: 1, maxvalue: runs, increment: 1 },
      },
    ],
  };
}

/** Creates and submits; answers the job's id and how long the platform took to accept it. */
export async function acceptSweep(
  client: Quarry,
  runs: number,
  slots: number,
): Promise<{ jobId: string; tookMs: number }> {
  const begin = performance.now();
  const { id: jobId } = await client.jobs.create(sweepDefinition(runs, slots));
  await client.jobs.submit(jobId);
  return { jobId, tookMs: performance.now() - begin };
}

/** Waits for the end of a run; the runs of a sweep begin in their order. */
export async function untilRunEnded(client: Quarry, jobId: string, run: number): Promise<void> {
  const deadline = performance.now() + SWEEP_TIMEOUT_MS;
  while ((await client.jobs.getRun(jobId, String(run))).dateCompleted === null) {
    if (performance.now() > deadline) {
      throw new Error(`Run ${run} of ${jobId} has not ended.`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/**
 * Waits until the sweep is `Completed`; throws unless each of its runs has succeeded and has its log. Answers the
 * seconds from submit to the end by its history, since waiting looks ever more rarely.
 */
export async function untilSweepSucceeded(client: Quarry, jobId: string, runs: number): Promise<number> {
  const { outcome, failure, statuses } = await client.jobs.wait(jobId, {
    intervalMs: LOOK_EVERY_MS,
    timeoutMs: SWEEP_TIMEOUT_MS,
  });
  if (outcome !== 'success') {
    throw new Error(`The sweep ended as ${outcome}: ${JSON.stringify(failure)}`);
  }
  const last = await client.jobs.getRun(jobId, String(runs));
  if (last.outputFileCount !== 1) {
    throw new Error(`Run ${runs} has ${last.outputFileCount} outputs, not 1.`);
  }
  const dateOf = (status: string) => Date.parse(statuses.find((row) => row.status === status)!.statusDate);
  return (dateOf('Completed') - dateOf('Pending')) / 1000;
}

/** Throws unless the table of a succeeded sweep is complete: every run once, each with its one output. */
export async function checkRuns(client: Quarry, jobId: string, runs: number): Promise<void> {
  let listed = 0;
  for await (const run of client.jobs.runs(jobId, { page_size: PAGE_SIZE })) {
    listed += 1;
    if (run.id !== String(listed) || run.outcome !== 'success' || run.outputFileCount !== 1) {
      throw new Error(`Place ${listed} of the list of runs has ${JSON.stringify(run)}.`);
    }
  }
  if (listed !== runs) {
    throw new Error(`The list of runs has ${listed} of ${runs}.`);
  }
}

/** Reads the page with the run of a number, in pages of 100. */
export async function readPage(client: Quarry, jobId: string, run: number): Promise<void> {
  const page = Math.ceil(run / PAGE_SIZE);
  const { results } = await client.jobs.runs(jobId, { page, page_size: PAGE_SIZE }).page();
  if (!results.some(({ id }) => id === String(run))) {
    throw new Error(`Page ${page} has no run ${run}.`);
  }
}

/** What server and agent hold at a moment in MiB. */
export interface Held {
  server: number;
  agent: number;
}

/** Looks at the memory of the server and its one agent again and again while `work` goes on. */
export async function watchMemory(platform: Platform, work: Promise<unknown>): Promise<Held[]> {
  const seen: Held[] = [];
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const agent = await agentMiB(platform);
    if (agent !== null) {
      seen.push({ server: await residentMiB(platform.pid), agent });
    }
    await Promise.race([over, sleep(LOOK_EVERY_MS)]);
  }
  await over;
  return seen;
}

/** Null before the agent has started and after it has left. */
async function agentMiB({ dataDir }: Platform): Promise<number | null> {
  const clusters = join(dataDir, 'clusters');
  try {
    const [cluster] = readdirSync(clusters);
    const lock = readFileSync(join(clusters, cluster ?? '', 'agent.lock'), 'utf8');
    return await residentMiB((JSON.parse(lock) as { pid: number }).pid);
  } catch {
    return null;
  }
}

/** Waits until no process and no file of any cluster is left. */
export async function untilNothingLeft(platform: Platform): Promise<void> {
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  for (;;) {
    const left = remains(platform);
    if (left.length === 0) {
      return;
    }
    if (performance.now() > deadline) {
      throw new Error(`This is still there: ${left.join(', ')}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** Directories of clusters, files that were coming in, and processes that have to do with either. */
function remains({ dataDir }: Platform): string[] {
  const clusters = join(dataDir, 'clusters');
  const files = [clusters, join(dataDir, 'incoming')].flatMap((directory) => readdirSync(directory));
  const processes = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && ['cmdline', 'environ'].some((file) => names(name, file, `${clusters}/`)),
  );
  return [...files, ...processes.map((pid) => `process ${pid}`)];
}

function names(pid: string, file: string, text: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(text);
  } catch {
    // Ended meanwhile, or somebody else's.
    return false;
  }
}
