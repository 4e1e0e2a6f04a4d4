import type { BodyFor, restartJob as endpoint, Job } from '@quarry/contract';
import type { KeyedCallOptions } from '../idempotency.ts';
import type { Transport } from '../transport.ts';

type Order = NonNullable<BodyFor<typeof endpoint>>;

export interface RestartOptions extends KeyedCallOptions {
  /**
   * What a run begins with; of a list the first that it has, `fresh` is nothing but the inputs. The outputs of a job that
   * has ended, else its latest snapshot, when absent.
   */
  from?: Order['from'];
  /** Which runs of a job with several ones; those that have not ended in success when absent. */
  runs?: Order['runs'];
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
  const { from, runs, snapshotId, name, change, submit, ...call } = options;
  const body: Order = {
    ...(from !== undefined && { from }),
    ...(runs !== undefined && { runs }),
    ...(snapshotId !== undefined && { snapshotId }),
    ...(name !== undefined && { name }),
    ...(change !== undefined && { change }),
    ...(submit !== undefined && { submit }),
  };
  const input = { params: { jobId }, body, ...transport.keyed(call) };
  return transport.send<typeof endpoint>('POST', '/api/v2/jobs/:jobId/restart/', input);
}
