import type {
  BodyFor,
  ClusterStatus,
  createJob,
  createJobArchiveTicket,
  createJobs,
  DirectoryEntry,
  deleteJob,
  discardRunDirectory,
  FileObject,
  getJob,
  getJobResponseSurface,
  getJobResults,
  getJobRun,
  getJobSensitivity,
  getJobSsh,
  Job,
  JobDefinition,
  JobSsh,
  JobStatus,
  JobSummary,
  listClusterStatuses,
  listJobFiles,
  listJobRuns,
  listJobStatuses,
  listJobs,
  listRunDirectory,
  listRunFiles,
  QueryFor,
  ResponseOf,
  ResponseSurface,
  ResultFormat,
  ResultsTable,
  Run,
  rerunJobRuns,
  Sensitivity,
  stopJob,
  stopJobRun,
  submitJob,
  Ticket,
  tailRunFile,
  updateJob,
} from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import { QuarryError } from '../errors.ts';
import type { KeyedCallOptions } from '../idempotency.ts';
import { downloadArchiveOfJob, type JobArchiveOptions } from '../lib/archive.ts';
import { type CloneOptions, cloneJob } from '../lib/clone.ts';
import { type EventsOptions, type JobEvent, jobEvents } from '../lib/job-events.ts';
import { downloadResults, type ResultsDownloadOptions } from '../lib/results.ts';
import { StatusWatch } from '../lib/status-watch.ts';
import { type StoppedJobs, stopJobs } from '../lib/stop-jobs.ts';
import { type JobResult, type WaitOptions, waitForJob } from '../lib/wait.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

export interface DeleteJobOptions extends CallOptions {
  /** Removes the attached input files as well, except those that other jobs use. */
  deleteInputFiles?: boolean;
}

export interface TailOptions extends CallOptions {
  /** How many lines from the end; 100 when absent. */
  lines?: number;
}

export interface CreateManyOptions extends KeyedCallOptions {
  /** Submits every job as well. */
  submit?: boolean;
}

export interface RerunOptions extends KeyedCallOptions {
  /** Ids of runs that have ended; every run that did not end in success when absent. */
  runs?: readonly string[];
}

export interface ResumeOptions extends KeyedCallOptions {
  /** Ids of runs that were cut off; all whose directory is kept when absent. */
  runs?: readonly string[];
}

/** The query of an analysis beside the usual options. */
export type SensitivityOptions = QueryFor<typeof getJobSensitivity> & CallOptions;
export type ResponseSurfaceOptions = QueryFor<typeof getJobResponseSurface> & CallOptions;

export class Jobs {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: QueryFor<typeof listJobs> = {}, call: CallOptions = {}): Listing<JobSummary> {
    return this.#transport.list<typeof listJobs>('/api/v2/jobs/', { query, ...call });
  }

  /** Saves a job; nothing runs before `submit`. `BadRequestError` names every field that does not fit. */
  create(definition: JobDefinition, call: KeyedCallOptions = {}): Promise<Job> {
    const input = { body: definition, ...this.#transport.keyed(call) };
    return this.#transport.send<typeof createJob>('POST', '/api/v2/jobs/', input);
  }

  /** Saves many jobs in one request, all of them or none. An extension of Quarry servers. */
  async createMany(
    definitions: readonly JobDefinition[],
    { submit = false, ...call }: CreateManyOptions = {},
  ): Promise<ResponseOf<typeof createJobs>['jobs']> {
    const input = { body: { jobs: [...definitions], submit }, ...this.#transport.keyed(call) };
    return (await this.#transport.send<typeof createJobs>('POST', '/api/v2/jobs/bulk/', input)).jobs;
  }

  get(jobId: string, call: CallOptions = {}): Promise<Job> {
    return this.#transport.send<typeof getJob>('GET', '/api/v2/jobs/:jobId/', { params: { jobId }, ...call });
  }

  /** Changes a job. Once it is submitted, only name, project and the like change: the rest comes back as a warning. */
  update(jobId: string, changes: BodyFor<typeof updateJob>, call: CallOptions = {}): Promise<Job> {
    const input = { params: { jobId }, body: changes, ...call };
    return this.#transport.send<typeof updateJob>('PATCH', '/api/v2/jobs/:jobId/', input);
  }

  /** Deletes a job and its outputs; refused with a `BadRequestError` while it runs. */
  async delete(jobId: string, { deleteInputFiles, ...call }: DeleteJobOptions = {}): Promise<void> {
    const input = { params: { jobId }, query: { deleteInputFiles }, ...call };
    await this.#transport.send<typeof deleteJob>('DELETE', '/api/v2/jobs/:jobId/', input);
  }

  /**
   * Starts a saved job. Where the platform minds no keys it is not repeated by itself: after a `ConnectionError` ask
   * for `statuses` before trying again.
   */
  async submit(jobId: string, call: KeyedCallOptions = {}): Promise<void> {
    const input = { params: { jobId }, ...this.#transport.keyed(call) };
    await this.#transport.send<typeof submitJob>('POST', '/api/v2/jobs/:jobId/submit/', input);
  }

  /** Asks a job to stop; it ends a little later, see `wait`. */
  async stop(jobId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { jobId }, ...call };
    await this.#transport.send<typeof stopJob>('POST', '/api/v2/jobs/:jobId/stop/', input);
  }

  /** Asks many jobs to stop: in one request where the platform takes them together, else one by one. */
  stopMany(jobIds: readonly string[], call: CallOptions = {}): Promise<StoppedJobs> {
    return stopJobs(this.#transport, jobIds, call);
  }

  /** Saves a copy of a job, not submitted; on platforms that cannot clone, by reading, editing and creating. */
  clone(jobId: string, options: CloneOptions = {}): Promise<Job> {
    return cloneJob(this.#transport, jobId, options);
  }

  /** Status history, newest first; empty before `submit`. */
  statuses(jobId: string, call: CallOptions = {}): Listing<JobStatus> {
    return this.#transport.list<typeof listJobStatuses>('/api/v2/jobs/:jobId/statuses/', {
      params: { jobId },
      ...call,
    });
  }

  /** For looking at the status history again and again: where the platform can, a look waits there for news. */
  watchStatuses(jobId: string, { signal }: Pick<CallOptions, 'signal'> = {}): StatusWatch {
    return new StatusWatch(this.#transport, jobId, signal);
  }

  /**
   * What happens to the job as it happens: `for await (const event of platform.jobs.events(id))` ends with the job. A
   * job that is saved is waited for. An extension of Quarry servers; see `wait` for what works on any platform.
   */
  events(jobId: string, options: EventsOptions = {}): AsyncGenerator<JobEvent, void, undefined> {
    return jobEvents(this.#transport, jobId, options);
  }

  /** Status history of the cluster that runs the job, newest first. */
  clusterStatuses(jobId: string, call: CallOptions = {}): Listing<ClusterStatus> {
    return this.#transport.list<typeof listClusterStatuses>('/api/v2/jobs/:jobId/cluster_statuses/', {
      params: { jobId },
      ...call,
    });
  }

  /** How to log in to a running job by SSH, or why nobody can. On Quarry servers only. */
  ssh(jobId: string, call: CallOptions = {}): Promise<JobSsh> {
    return this.#transport.send<typeof getJobSsh>('GET', '/api/v2/jobs/:jobId/ssh/', {
      params: { jobId },
      ...call,
    });
  }

  /** Output files of all runs. */
  files(
    jobId: string,
    query: QueryFor<typeof listJobFiles> = {},
    call: CallOptions = {},
  ): Listing<FileObject> {
    return this.#transport.list<typeof listJobFiles>('/api/v2/jobs/:jobId/files/', {
      params: { jobId },
      query,
      ...call,
    });
  }

  /** All runs, planned ones included. */
  runs(jobId: string, query: QueryFor<typeof listJobRuns> = {}, call: CallOptions = {}): Listing<Run> {
    const input = { params: { jobId }, query, ...call };
    return this.#transport.list<typeof listJobRuns>('/api/v2/jobs/:jobId/runs/', input);
  }

  getRun(jobId: string, runId: string, call: CallOptions = {}): Promise<Run> {
    const input = { params: { jobId, runId }, ...call };
    return this.#transport.send<typeof getJobRun>('GET', '/api/v2/jobs/:jobId/runs/:runId/', input);
  }

  /** Asks one run to stop; the others go on. A run that has ended is left as it is. */
  async stopRun(jobId: string, runId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { jobId, runId }, ...call };
    await this.#transport.send<typeof stopJobRun>('POST', '/api/v2/jobs/:jobId/runs/:runId/stop/', input);
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
    await this.#transport.send<typeof discardRunDirectory>(
      'DELETE',
      '/api/v2/jobs/:jobId/runs/:runId/directory/',
      input,
    );
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
    const input = { params: { jobId }, body, ...this.#transport.keyed(call) };
    return (await this.#transport.send<typeof rerunJobRuns>('POST', '/api/v2/jobs/:jobId/runs/rerun/', input))
      .runs;
  }

  /**
   * Outputs of a job as one zip or tar that the platform writes while it is read; nothing verifies digests here, as
   * `downloadJob` of `@quarry/sdk/node` does. An extension of Quarry servers.
   */
  archive(jobId: string, options: JobArchiveOptions = {}): Promise<Response> {
    return downloadArchiveOfJob(this.#transport, jobId, options);
  }

  /** An address that gives that archive without a key: to one GET, within a minute. For links in browsers. */
  archiveTicket(
    jobId: string,
    { format, run, search, ...call }: BodyFor<typeof createJobArchiveTicket> & CallOptions = {},
  ): Promise<Ticket> {
    const input = { params: { jobId }, body: { format, run, search }, ...call };
    return this.#transport.send<typeof createJobArchiveTicket>(
      'POST',
      '/api/v2/jobs/:jobId/archive/ticket/',
      input,
    );
  }

  /** Output files of one run. */
  runFiles(
    jobId: string,
    runId: string,
    query: QueryFor<typeof listRunFiles> = {},
    call: CallOptions = {},
  ): Listing<FileObject> {
    const input = { params: { jobId, runId }, query, ...call };
    return this.#transport.list<typeof listRunFiles>('/api/v2/jobs/:jobId/runs/:runId/files/', input);
  }

  /** Files in the work directory of a run; while it executes, or while that is kept because it was cut off. */
  runDirectory(jobId: string, runId: string, call: CallOptions = {}): Promise<DirectoryEntry[]> {
    const input = { params: { jobId, runId }, ...call };
    return this.#transport.send<typeof listRunDirectory>(
      'GET',
      '/api/v2/jobs/:jobId/runs/:runId/directory-contents/',
      input,
    );
  }

  /** The last lines of a file in the work directory of a run, without line ends; as long as `runDirectory` lists it. */
  async tail(jobId: string, runId: string, path: string, options: TailOptions = {}): Promise<string[]> {
    const { lines = 100, ...call } = options;
    const input = { params: { jobId, runId, '*': path }, query: { lines }, ...call };
    return (
      await this.#transport.send<typeof tailRunFile>('GET', '/api/v2/jobs/:jobId/runs/:runId/tail/*', input)
    ).lines;
  }

  /**
   * A sweep as one table with a row for each run; see `toRecords` for objects. An extension of Quarry servers, as is
   * all that follows.
   */
  results(jobId: string, options?: CallOptions & { format?: 'json' }): Promise<ResultsTable>;
  /** The table as the text of a CSV file, with a header. */
  results(jobId: string, options: CallOptions & { format: 'csv' }): Promise<string>;
  /** The table as the bytes of a Parquet file. */
  results(jobId: string, options: CallOptions & { format: 'parquet' }): Promise<Uint8Array>;
  async results(
    jobId: string,
    { format = 'json', ...call }: CallOptions & { format?: ResultFormat } = {},
  ): Promise<ResultsTable | string | Uint8Array> {
    if (format === 'csv') {
      return (await this.downloadResults(jobId, { format, ...call })).text();
    }
    if (format === 'parquet') {
      return new Uint8Array(await (await this.downloadResults(jobId, { format, ...call })).arrayBuffer());
    }
    const input = { params: { jobId }, query: { format }, ...call };
    return this.#transport.send<typeof getJobResults>('GET', '/api/v2/jobs/:jobId/results/', input);
  }

  /** The table as a CSV or Parquet file, to be streamed. */
  downloadResults(jobId: string, options: ResultsDownloadOptions): Promise<Response> {
    return downloadResults(this.#transport, jobId, options);
  }

  /** How an output of a sweep depends on its inputs, by the best method that the job's design allows or the one named. */
  sensitivity(jobId: string, options: SensitivityOptions = {}): Promise<Sensitivity> {
    const { output, method, ...call } = options;
    const input = { params: { jobId }, query: { output, method }, ...call };
    return this.#transport.send<typeof getJobSensitivity>('GET', '/api/v2/jobs/:jobId/sensitivity/', input);
  }

  /** A polynomial of degree 1 to 3 fitted to an output of a sweep. */
  responseSurface(jobId: string, options: ResponseSurfaceOptions = {}): Promise<ResponseSurface> {
    const { output, degree, interactions, ...call } = options;
    const input = { params: { jobId }, query: { output, degree, interactions }, ...call };
    return this.#transport.send<typeof getJobResponseSurface>(
      'GET',
      '/api/v2/jobs/:jobId/response-surface/',
      input,
    );
  }

  /**
   * Waits until a job has ended and says how. A failed job is a result, not an error; `TimeoutError` after
   * `timeoutMs`. Needs nothing but the status history, so it works on any platform; where the platform can wait for news,
   * the end is known within milliseconds.
   */
  wait(jobId: string, options: WaitOptions = {}): Promise<JobResult> {
    return waitForJob(this.#transport, jobId, options);
  }
}
