/** What tests of persistent clusters share. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answer, Platform } from '../testing/start-platform.ts';
import { until } from './platform-harness.ts';

const HARDWARE = { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 };

export function post(platform: Platform, path: string, body?: unknown, key?: string): Promise<Answer> {
  return platform.call('POST', `/api/v3/${path}`, body, key);
}

/** A persistent cluster that holds nothing yet. */
export async function createCluster(platform: Platform, change: object = {}, key?: string): Promise<string> {
  const body = { name: 'wings', hardware: HARDWARE, ...change };
  const answer = await post(platform, 'clusters/', body, key);
  if (answer.status !== 201) {
    throw new Error(`create: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return answer.body.id;
}

export async function startCluster(platform: Platform, id: string, key?: string): Promise<void> {
  const answer = await post(platform, `clusters/${id}/start/`, undefined, key);
  if (answer.status !== 204) {
    throw new Error(`start: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  await until(async () => (await shown(platform, id)).status === 'Started', 'the start of a cluster');
}

export async function shown(platform: Platform, id: string) {
  return (await platform.call('GET', `/api/v3/clusters/${id}/`)).body;
}

/** Newest first. */
export async function statusesOf(platform: Platform, id: string): Promise<string[]> {
  const { body } = await platform.call('GET', `/api/v3/clusters/${id}/statuses/`);
  return body.results.map(({ status }: { status: string }) => status);
}

export function attach(platform: Platform, cluster: string, job: string, key?: string): Promise<Answer> {
  return platform.call('POST', `/api/clusters/${cluster}/jobs/`, { id: job, submit: true }, key);
}

export async function jobOf(platform: Platform, id: string) {
  return (await platform.call('GET', `/api/v2/jobs/${id}/`)).body;
}

/** The job, once it has come to a status. */
export function eventually(platform: Platform, id: string, status: string) {
  return until(async () => {
    const job = await jobOf(platform, id);
    return job.status === status && job;
  }, `${status} of job ${id}`);
}

/** The process that holds a cluster. */
export async function holderOf(platform: Platform, id: string): Promise<{ pid: number; startTicks: string }> {
  const lock = await readFile(join(platform.dataDir, 'clusters', id, 'agent.lock'), 'utf8');
  const { pid, startTicks } = JSON.parse(lock);
  return { pid, startTicks };
}
