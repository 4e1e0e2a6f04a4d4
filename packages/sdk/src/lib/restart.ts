import type { BodyFor, restartJob as endpoint, Job } from '@quarry/contract';
import type { KeyedCallOptions } from '../idempotency.ts';
import type { Transport } from '../transport.ts';

type Order = NonNullable<BodyFor<typeof endpoint>>;

export interface RestartOptions extends KeyedCallOptions {
  /** What the new job goes on from; the outputs of a job that has ended, else its latest snapshot, when absent. */
  from?: 'snapshot' | 'checkpoint' | 'outputs';
  /** Id of the snapshot, or of its file, where that is not to be the latest one. */
  snapshotId?: string;
  /** Name of the new job. */
  name?: string;
  /** Fields of the definition that are to be others. */
  change?: Order['change'];
  /** Submits the new job at once. */
  submit?: boolean;
}

/** Makes a new job that goes on from what another one has left. */
export function restartJob(transport: Transport, jobId: string, options: RestartOptions): Promise<Job> {
  const { from, snapshotId, name, change, submit, ...call } = options;
  const body: Order = {
    ...(from !== undefined && { from }),
    ...(snapshotId !== undefined && { snapshotId }),
    ...(name !== undefined && { name }),
    ...(change !== undefined && { change }),
    ...(submit !== undefined && { submit }),
  };
  const input = { params: { jobId }, body, ...transport.keyed(call) };
  return transport.send<typeof endpoint>('POST', '/api/v2/jobs/:jobId/restart/', input);
}
