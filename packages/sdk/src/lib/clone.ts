/** Cloning, with and without the platform's help. */
import type { createJob, getJob, Job } from '@quarry/contract';
import { ApiError } from '../errors.ts';
import type { KeyedCallOptions } from '../idempotency.ts';
import { fillPath } from '../path.ts';
import type { Transport } from '../transport.ts';
import { toDefinition } from './definition.ts';

export interface CloneOptions extends KeyedCallOptions {
  /** Name of the copy; that of the original when absent. */
  name?: string;
}

/** Saves a copy of a job through `clone/`, or by GET, edit and POST where that does not exist. */
export async function cloneJob(transport: Transport, jobId: string, options: CloneOptions): Promise<Job> {
  const { name, ...call } = options;
  const path = fillPath('/api/v2/jobs/:jobId/clone/', { jobId });
  const body = JSON.stringify(name === undefined ? {} : { name });
  const headers = { 'content-type': 'application/json' };
  try {
    return (await transport.json({
      method: 'POST',
      path,
      body,
      headers,
      ...transport.keyed(call),
    })) as Job;
  } catch (error) {
    // 404 may also mean that the job does not exist: then the GET below says so.
    if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 405)) {
      throw error;
    }
  }
  const job = await transport.send<typeof getJob>('GET', '/api/v2/jobs/:jobId/', {
    params: { jobId },
    ...call,
  });
  const definition = { ...toDefinition(job, name ?? job.name), clonedFrom: jobId };
  return transport.send<typeof createJob>('POST', '/api/v2/jobs/', { body: definition, ...call });
}
