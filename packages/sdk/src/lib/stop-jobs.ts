import type { listJobStatuses, stopJob, stopJobs as stopJobsTogether } from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import type { Transport } from '../transport.ts';
import { isMissingAddress } from './missing-address.ts';

export interface StoppedJobs {
  /** Ids of the jobs that are asked to stop. */
  stopping: string[];
  /** Ids of those that did not run: they have ended, or were never submitted. */
  unchanged: string[];
}

/** Stops jobs in one request, or one by one on platforms that have no such request. */
export async function stopJobs(
  transport: Transport,
  jobIds: readonly string[],
  call: CallOptions,
): Promise<StoppedJobs> {
  // Also for one: it says whether the job was running.
  if (jobIds.length > 0) {
    try {
      const input = { body: { jobs: [...jobIds] }, ...call };
      return await transport.send<typeof stopJobsTogether>('POST', '/api/v2/jobs/stop/', input);
    } catch (error) {
      if (!isMissingAddress(error)) {
        throw error;
      }
    }
  }
  const stopped: StoppedJobs = { stopping: [], unchanged: [] };
  for (const jobId of new Set(jobIds)) {
    const input = { params: { jobId }, ...call };
    const path = '/api/v2/jobs/:jobId/statuses/';
    const { results } = await transport.list<typeof listJobStatuses>(path, input).page();
    // What does not run is left as it is by the platform, which does not tell.
    const isRunning = results.length > 0 && results[0]!.status !== 'Completed';
    await transport.send<typeof stopJob>('POST', '/api/v2/jobs/:jobId/stop/', input);
    (isRunning ? stopped.stopping : stopped.unchanged).push(jobId);
  }
  return stopped;
}
