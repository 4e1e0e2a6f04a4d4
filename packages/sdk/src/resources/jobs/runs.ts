import type {
  BodyFor,
  discardRunDirectory,
  getJobRun,
  getRunUsage,
  listJobRuns,
  listRunSnapshots,
  QueryFor,
  Run,
  RunUsageSeries,
  rerunJobRuns,
  Snapshot,
  signalJobRun,
  stopJobRun,
} from '@quarry/contract';
import type { CallOptions } from '../../call-options.ts';
import { QuarryError } from '../../errors.ts';
import type { KeyedCallOptions } from '../../idempotency.ts';
import { type SnapshotOptions, takeSnapshot } from '../../lib/snapshot.ts';
import type { Listing } from '../../pagination.ts';
import type { RerunOptions, ResumeOptions } from './options.ts';
import { JobReports } from './reports.ts';

/** Runs of a job, one by one. Part of `client.jobs`. */
export class JobRuns extends JobReports {
  /** All runs, planned ones included. */
  runs(jobId: string, query: QueryFor<typeof listJobRuns> = {}, call: CallOptions = {}): Listing<Run> {
    const input = { params: { jobId }, query, ...call };
    return this.transport.list<typeof listJobRuns>('/api/v2/jobs/:jobId/runs/', input);
  }

  getRun(jobId: string, runId: string, call: CallOptions = {}): Promise<Run> {
    const input = { params: { jobId, runId }, ...call };
    return this.transport.send<typeof getJobRun>('GET', '/api/v2/jobs/:jobId/runs/:runId/', input);
  }

  /** What a run has used, as it went; also after its end. An extension of Quarry servers. */
  runUsage(jobId: string, runId: string, call: CallOptions = {}): Promise<RunUsageSeries> {
    const input = { params: { jobId, runId }, ...call };
    return this.transport.send<typeof getRunUsage>('GET', '/api/v2/jobs/:jobId/runs/:runId/usage/', input);
  }

  /** Asks one run to stop; the others go on. A run that has ended is left as it is. */
  async stopRun(jobId: string, runId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { jobId, runId }, ...call };
    await this.transport.send<typeof stopJobRun>('POST', '/api/v2/jobs/:jobId/runs/:runId/stop/', input);
  }

  /**
   * Sends a signal to the processes of a run, and answers how many got it; a `ConflictError` says why none did. An extension of
   * Quarry servers.
   */
  async signalRun(
    jobId: string,
    runId: string,
    signal: BodyFor<typeof signalJobRun>['signal'],
    call: CallOptions = {},
  ): Promise<number> {
    const input = { params: { jobId, runId }, body: { signal }, ...call };
    const path = '/api/v2/jobs/:jobId/runs/:runId/signal/';
    return (await this.transport.send<typeof signalJobRun>('POST', path, input)).processes;
  }

  /**
   * Executes runs again, those named or all that did not end in success, and answers their ids; what they had put out
   * is replaced. An extension of Quarry servers.
   */
  rerun(jobId: string, { runs, ...call }: RerunOptions = {}): Promise<string[]> {
    return this.#executeAgain(jobId, runs === undefined ? {} : { runs: [...runs] }, call);
  }

  /**
   * Lets runs go on that were cut off by the end of their agent, each in the directory that it has left, and answers their
   * ids; a `ConflictError` when there are none, a `BadRequestError` says which of those named cannot. An extension of
   * Quarry servers.
   */
  async resume(jobId: string, { runs, ...call }: ResumeOptions = {}): Promise<string[]> {
    await this.#refuseWhereNothingIsResumed(jobId, call);
    return this.#executeAgain(jobId, { resume: true, ...(runs !== undefined && { runs: [...runs] }) }, call);
  }

  /** Gives up the directory that is kept of a run that was cut off: it cannot be resumed then. An extension of Quarry servers. */
  async discardDirectory(jobId: string, runId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { jobId, runId }, ...call };
    await this.transport.send<typeof discardRunDirectory>(
      'DELETE',
      '/api/v2/jobs/:jobId/runs/:runId/directory/',
      input,
    );
  }

  /**
   * The work directory of a run that executes as it is now, as an archive among the files of the job: `fileId` is there when
   * `status` is `done`. One that has failed is an answer, not an error: `reason` says why. A `ConflictError` when the run is
   * not executing.
   */
  snapshot(jobId: string, runId: string, options: SnapshotOptions = {}): Promise<Snapshot> {
    return takeSnapshot(this.transport, { jobId, runId }, options);
  }

  /** Snapshots of a run, newest first, those that are made or have failed among them. An extension of Quarry servers. */
  snapshots(
    jobId: string,
    runId: string,
    query: QueryFor<typeof listRunSnapshots> = {},
    call: CallOptions = {},
  ): Listing<Snapshot> {
    const input = { params: { jobId, runId }, query, ...call };
    return this.transport.list<typeof listRunSnapshots>('/api/v2/jobs/:jobId/runs/:runId/snapshots/', input);
  }

  /** A server that does not know `resume` would leave it out, and execute the runs from their beginning. */
  async #refuseWhereNothingIsResumed(jobId: string, { signal }: CallOptions): Promise<void> {
    const { results } = await this.runs(jobId, { page_size: 1 }, { signal }).page();
    if (results[0] !== undefined && !('isUnfinished' in results[0])) {
      throw new QuarryError(
        'This platform cannot resume runs: it is older than this package, or another one.',
        {
          hint: 'Bring the server to a version that can, or execute the runs from their beginning (jobs.rerun, quarry runs rerun).',
        },
      );
    }
  }

  async #executeAgain(
    jobId: string,
    body: BodyFor<typeof rerunJobRuns>,
    call: KeyedCallOptions,
  ): Promise<string[]> {
    const input = { params: { jobId }, body, ...this.transport.keyed(call) };
    return (await this.transport.send<typeof rerunJobRuns>('POST', '/api/v2/jobs/:jobId/runs/rerun/', input))
      .runs;
  }
}
