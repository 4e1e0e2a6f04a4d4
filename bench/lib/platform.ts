/** Platforms to measure: real servers, fresh or with much stored, and jobs on them. */

import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Quarry } from '@quarry/sdk';
import { type Platform, startPlatform } from '@quarry/server/testing';
import { type Stored, storeRows } from './stored-rows.ts';

const MIGRATIONS = fileURLToPath(new URL('../../packages/server/src/db/migrations/', import.meta.url));
const STORED_ROWS = fileURLToPath(new URL('./stored-rows.ts', import.meta.url));
/** Linux tells processor times of processes in these, whatever its own clock does. */
const TICKS_PER_SECOND = 100;
const JOB_TIMEOUT_MS = 60_000;

export function clientOf(platform: Platform): Quarry {
  return new Quarry({ baseUrl: platform.url, apiKey: platform.apiKey });
}

/** A job of one tile with a single core, under the name of the benchmark. */
export function definition(command: string, inputFileIds: string[] = []) {
  return {
    name: 'benchmark',
    jobanalyses: [
      {
        analysis: { code: 'user_included', version: '0' },
        command,
        hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
        inputFiles: inputFileIds.map((id) => ({ id })),
      },
    ],
  };
}

/** Waits until the job has succeeded and its agent has left; throws when it ends otherwise. */
export async function finish(platform: Platform, client: Quarry, jobId: string): Promise<void> {
  const { outcome, failure } = await client.jobs.wait(jobId, { intervalMs: 200, timeoutMs: JOB_TIMEOUT_MS });
  if (outcome !== 'success') {
    throw new Error(`The job ended as ${outcome}: ${JSON.stringify(failure)}`);
  }
  for (let left = JOB_TIMEOUT_MS; left > 0; left -= 20) {
    if ((await readdir(join(platform.dataDir, 'clusters'))).length === 0) {
      return;
    }
    await sleep(20);
  }
  throw new Error('The cluster of a job that has ended is still there.');
}

/**
 * A data directory with this much stored. It is made once and kept under the temporary directory until the schema
 * or the way of filling it changes.
 */
export async function storedDataDirectory(stored: Stored, note: (text: string) => void): Promise<string> {
  const recipe = createHash('sha256').update(await readFile(STORED_ROWS));
  for (const name of (await readdir(MIGRATIONS)).sort()) {
    recipe.update(await readFile(join(MIGRATIONS, name)));
  }
  const name = `${recipe.digest('hex').slice(0, 12)}-${stored.jobs}-jobs-${stored.files}-files`;
  const cache = join(tmpdir(), 'quarry-bench');
  const place = join(cache, name);
  if (existsSync(place)) {
    return join(place, 'data');
  }

  note(`storing ${stored.jobs} jobs and ${stored.files} files (kept in ${place})`);
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, 'fresh-'));
  try {
    const data = join(fresh, 'data');
    const jobId = await makeTemplate(data);
    storeRows(join(data, 'quarry.db'), jobId, stored);
    await rename(fresh, place);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
  return join(place, 'data');
}

/** A job that really ran, with an input: what the stored ones are copies of. */
async function makeTemplate(data: string): Promise<string> {
  await using platform = await startPlatform({ data });
  const client = clientOf(platform);
  const input = await client.files.upload(new Blob(['input of the template']), { name: 'input.txt' });
  const job = await client.jobs.create(definition('cat input.txt', [input.id]));
  await client.jobs.submit(job.id);
  await finish(platform, client, job.id);
  await platform.stop();
  return job.id;
}

/** Resident memory of a process in MiB. */
export async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) / 1024;
}

/** Seconds of processor time that a process has used, in all its threads: fair also on a host that others use. */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** A directory that is gone when the benchmark ends. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'quarry-bench-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Ends a child of ours and waits until it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  child.kill();
  await once(child, 'exit');
}
