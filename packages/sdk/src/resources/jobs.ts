import type {
  addJobTag,
  BodyFor,
  Cluster,
  ClusterStatus,
  countJobs,
  createJob,
  createJobArchiveTicket,
  createJobs,
  DeletedJobs,
  DirectoryEntry,
  deleteJob,
  discardRunDirectory,
  FileObject,
  findInRunFile,
  getConnectionDetails,
  getJob,
  getJobCustomFields,
  getJobResponseSurface,
  getJobResults,
  getJobRun,
  getJobSensitivity,
  getJobSsh,
  getRunLineIndex,
  getRunUsage,
  Instance,
  Job,
  JobCounts,
  JobDefinition,
  JobPreview,
  JobSsh,
  JobStatus,
  JobSummary,
  LineIndex,
  LoadMeasurement,
  listClusterStatuses,
  listJobClusters,
  listJobFiles,
  listJobInstances,
  listJobLogs,
  listJobRuns,
  listJobStatuses,
  listJobs,
  listJobTags,
  listJobUsage,
  listLoadMeasurements,
  listRunDirectory,
  listRunFiles,
  listRunSnapshots,
  MatchesInFile,
  previewJob,
  QueryFor,
  RerunJobs,
  ResponseOf,
  ResponseSurface,
  ResultFormat,
  ResultsTable,
  Run,
  RunUsageNow,
  RunUsageSeries,
  removeJobTag,
  rerunJobRuns,
  rerunJobs,
  Sensitivity,
  Snapshot,
  setJobCustomFields,
  shutdownJob,
  signalJobRun,
  stopJob,
  stopJobRun,
  submitJob,
  Tag,
  TaggedJobs,
  Ticket,
  tagJobs,
  tailRunFile,
  updateJob,
} from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import { QuarryError } from '../errors.ts';
import type { KeyedCallOptions } from '../idempotency.ts';
import { downloadArchiveOfJob, type JobArchiveOptions } from '../lib/archive.ts';
import { type CloneOptions, cloneJob } from '../lib/clone.ts';
import { type CreateManyOptions, createMany } from '../lib/create-many.ts';
import { deleteJobsEach } from '../lib/each-of-many.ts';
import { type FileEvent, type FollowFileOptions, followFile } from '../lib/follow-file.ts';
import { type EventsOptions, type JobEvent, jobEvents } from '../lib/job-events.ts';
import { type RestartOptions, restartJob } from '../lib/restart.ts';
import { downloadResults, listedColumns, type ResultsDownloadOptions } from '../lib/results.ts';
import { type SnapshotOptions, takeSnapshot } from '../lib/snapshot.ts';
import { StatusWatch } from '../lib/status-watch.ts';
import { type StoppedJobs, stopJobs } from '../lib/stop-jobs.ts';
import { type JobResult, type WaitOptions, waitForJob } from '../lib/wait.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

export interface DeleteJobOptions extends CallOptions {
  /** Removes the attached input files as well, except those that other jobs use. */
  deleteInputFiles?: boolean;
}

export interface StopJobOptions extends CallOptions {
  /** Ends its commands at once, without a time to leave by themselves; on Quarry servers. */
  force?: boolean;
}

export interface TailOptions extends CallOptions {
  /** How many lines from the end; 100 when absent. */
  lines?: number;
}

export interface RerunOptions extends KeyedCallOptions {
  /** Ids of runs that have ended; every run that did not end in success when absent. */
  runs?: readonly string[];
}

export interface ResultsOptions extends CallOptions {
  /** Names of columns: only these come, and `run` before them. */
  columns?: readonly string[];
}

export interface ResumeOptions extends KeyedCallOptions {
  /** Ids of runs that were cut off; all whose directory is kept when absent. */
  runs?: readonly string[];
}

export interface TagManyOptions extends CallOptions {
  /** Tags that the jobs get, unless they have them. */
  add?: readonly string[];
  /** Tags that are taken from them. */
  remove?: readonly string[];
}

export interface RerunManyOptions extends KeyedCallOptions {
  /** Whether runs that were cut off go on where they were, and no others. */
  resume?: boolean;
}

export interface PreviewOptions extends CallOptions {
  /** The run with whose values templates are rendered, from 1; the first when absent. */
  run?: number;
  /** How many points are answered; 20 when absent. */
  points?: number;
  /** Templates and tables that are not uploaded yet, by the ids that stand for them in the definition. */
  contents?: Readonly<Record<string, string>>;
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

  /** How many jobs there are of each kind, with the filters of `list`. An extension of Quarry servers. */
  counts(query: QueryFor<typeof countJobs> = {}, call: CallOptions = {}): Promise<JobCounts> {
    return this.#transport.send<typeof countJobs>('GET', '/api/v2/jobs/counts/', { query, ...call });
  }

  /**
   * What a definition would become, without saving it: cost, runs, points, rendered templates. Refuses what `create` refuses.
   * An extension of Quarry servers.
   */
  preview(definition: JobDefinition, options: PreviewOptions = {}): Promise<JobPreview> {
    const { run, points, contents, ...call } = options;
    const body = {
      definition,
      ...(run !== undefined && { run }),
      ...(points !== undefined && { points }),
      ...(contents !== undefined && { contents }),
    };
    // Nothing is saved by it, so that it may be asked again.
    return this.#transport.send<typeof previewJob>('POST', '/api/v2/jobs/preview/', {
      body,
      repeat: 'always',
      ...call,
    });
  }

  /** Saves a job; nothing runs before `submit`. `BadRequestError` names every field that does not fit. */
  create(definition: JobDefinition, call: KeyedCallOptions = {}): Promise<Job> {
    const input = { body: definition, ...this.#transport.keyed(call) };
    return this.#transport.send<typeof createJob>('POST', '/api/v2/jobs/', input);
  }

  /**
   * Saves many jobs in one request, all of them or none. An extension of Quarry servers; with `after` of one of them, which
   * early ones would ignore, such a server is refused and nothing is sent.
   */
  createMany(
    definitions: readonly JobDefinition[],
    options: CreateManyOptions = {},
  ): Promise<ResponseOf<typeof createJobs>['jobs']> {
    return createMany(this.#transport, definitions, options);
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
   * Deletes many jobs, each by itself: `refused` says which could not be deleted, and why. In requests of 1,000
   * where the platform takes them together, else one by one.
   */
  deleteMany(jobIds: readonly string[], options: DeleteJobOptions = {}): Promise<DeletedJobs> {
    return deleteJobsEach(this.#transport, jobIds, options);
  }

  /**
   * Gives tags to at most 1,000 jobs and takes others from them, each by itself: `refused` says of which the tags could not be
   * changed. An extension of Quarry servers, as is `rerunMany`.
   */
  tagMany(
    jobIds: readonly string[],
    { add = [], remove = [], ...call }: TagManyOptions,
  ): Promise<TaggedJobs> {
    const input = { body: { jobs: [...jobIds], add: [...add], remove: [...remove] }, ...call };
    return this.#transport.send<typeof tagJobs>('POST', '/api/v2/jobs/tags/', input);
  }

  /** Executes again what failed of at most 1,000 jobs, each by itself: `refused` says which could not be executed again. */
  rerunMany(jobIds: readonly string[], { resume, ...call }: RerunManyOptions = {}): Promise<RerunJobs> {
    const body = { jobs: [...jobIds], ...(resume !== undefined && { resume }) };
    const input = { body, ...this.#transport.keyed(call) };
    return this.#transport.send<typeof rerunJobs>('POST', '/api/v2/jobs/rerun/', input);
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
  async stop(jobId: string, { force, ...call }: StopJobOptions = {}): Promise<void> {
    const input = { params: { jobId }, query: { force }, ...call };
    await this.#transport.send<typeof stopJob>('POST', '/api/v2/jobs/:jobId/stop/', input);
  }

  /** Ends a job at once, without keeping what its runs have written, but for their logs. */
  async shutdown(jobId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { jobId }, ...call };
    await this.#transport.send<typeof shutdownJob>('POST', '/api/v2/jobs/:jobId/shutdown/', input);
  }

  /** Asks many jobs to stop: in one request where the platform takes them together, else one by one. */
  stopMany(jobIds: readonly string[], call: CallOptions = {}): Promise<StoppedJobs> {
    return stopJobs(this.#transport, jobIds, call);
  }

  /** Saves a copy of a job, not submitted; on platforms that cannot clone, by reading, editing and creating. */
  clone(jobId: string, options: CloneOptions = {}): Promise<Job> {
    return cloneJob(this.#transport, jobId, options);
  }

  /**
   * A new job that goes on from the outputs of a job that has ended, or from a snapshot of one: its run begins in a work
   * directory with these files. Of a job with several runs, each begins with those of the run of its number. An
   * extension of Quarry servers.
   */
  restart(jobId: string, options: RestartOptions = {}): Promise<Job> {
    return restartJob(this.#transport, jobId, options);
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

  /** Clusters that have executed the job, newest first. */
  clusters(jobId: string, call: CallOptions = {}): Listing<Cluster> {
    const input = { params: { jobId }, ...call };
    return this.#transport.list<typeof listJobClusters>('/api/v3/jobs/:jobId/clusters/', input);
  }

  /** Hosts of the cluster of a job, once it has started. */
  instances(jobId: string, call: CallOptions = {}): Listing<Instance> {
    const input = { params: { jobId }, ...call };
    return this.#transport.list<typeof listJobInstances>('/api/v2/jobs/:jobId/instances/', input);
  }

  /** Addresses at which a job can be reached by SSH. */
  async connectionDetails(
    jobId: string,
    call: CallOptions = {},
  ): Promise<ResponseOf<typeof getConnectionDetails>['connectionDetails']> {
    const input = { params: { jobId }, ...call };
    const path = '/api/v2/jobs/:jobId/connection_details/';
    return (await this.#transport.send<typeof getConnectionDetails>('GET', path, input)).connectionDetails;
  }

  /** Tags of a job, in the order in which it got them. */
  tags(jobId: string, call: CallOptions = {}): Promise<Tag[]> {
    return this.#transport.send<typeof listJobTags>('GET', '/api/v2/jobs/:jobId/tags/', {
      params: { jobId },
      ...call,
    });
  }

  /** Gives a job a tag, in any state of the job; one that it has already is no error. */
  addTag(jobId: string, name: string, call: CallOptions = {}): Promise<Tag> {
    return this.#transport.send<typeof addJobTag>('POST', '/api/v2/jobs/:jobId/tags/', {
      params: { jobId },
      body: { name },
      ...call,
    });
  }

  /** Takes a tag from a job, without regard to case; one that it does not have is no error. */
  async removeTag(jobId: string, name: string, call: CallOptions = {}): Promise<void> {
    // Twice: some platforms read it here and some there, and proxies may leave out the body.
    const input = { params: { jobId }, query: { name }, body: { name }, ...call };
    await this.#transport.send<typeof removeJobTag>('DELETE', '/api/v2/jobs/:jobId/tags/', input);
  }

  /** Values of the custom fields of a job, by name. */
  async customFields(jobId: string, call: CallOptions = {}): Promise<Record<string, unknown>> {
    const input = { params: { jobId }, ...call };
    return valuesOf(
      await this.#transport.send<typeof getJobCustomFields>(
        'GET',
        '/api/v2/jobs/:jobId/custom-fields/',
        input,
      ),
    );
  }

  /**
   * Sets custom fields of a job, in any state of it, and answers the values of all. On Quarry servers names are free, and
   * null takes a field away.
   */
  async setCustomFields(
    jobId: string,
    values: Readonly<Record<string, unknown>>,
    call: CallOptions = {},
  ): Promise<Record<string, unknown>> {
    const input = { params: { jobId }, body: { ...values }, ...call };
    return valuesOf(
      await this.#transport.send<typeof setJobCustomFields>(
        'POST',
        '/api/v2/jobs/:jobId/custom-fields/',
        input,
      ),
    );
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

  /**
   * What the runs of a job use now or, where they have ended, did when they were looked at last. A run that ended before it
   * was looked at is not among them. An extension of Quarry servers.
   */
  usage(
    jobId: string,
    query: QueryFor<typeof listJobUsage> = {},
    call: CallOptions = {},
  ): Listing<RunUsageNow> {
    const input = { params: { jobId }, query, ...call };
    return this.#transport.list<typeof listJobUsage>('/api/v2/jobs/:jobId/usage/', input);
  }

  /** What a run has used, as it went; also after its end. An extension of Quarry servers. */
  runUsage(jobId: string, runId: string, call: CallOptions = {}): Promise<RunUsageSeries> {
    const input = { params: { jobId, runId }, ...call };
    return this.#transport.send<typeof getRunUsage>('GET', '/api/v2/jobs/:jobId/runs/:runId/usage/', input);
  }

  /** What the job used of its cluster in the last hours (24 unless told otherwise), from the series of its runs. */
  load(
    jobId: string,
    query: QueryFor<typeof listLoadMeasurements> = {},
    call: CallOptions = {},
  ): Promise<LoadMeasurement[]> {
    const input = { params: { jobId }, query, ...call };
    return this.#transport.send<typeof listLoadMeasurements>(
      'GET',
      '/api/v2/jobs/:jobId/cluster-load-measurements/',
      input,
    );
  }

  /** What the platform did with the job, in words, the latest first. */
  logs(
    jobId: string,
    query: QueryFor<typeof listJobLogs> = {},
    call: CallOptions = {},
  ): Promise<ResponseOf<typeof listJobLogs>> {
    const input = { params: { jobId }, query, ...call };
    return this.#transport.send<typeof listJobLogs>('GET', '/api/v2/jobs/:jobId/logs/', input);
  }

  /** Asks one run to stop; the others go on. A run that has ended is left as it is. */
  async stopRun(jobId: string, runId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { jobId, runId }, ...call };
    await this.#transport.send<typeof stopJobRun>('POST', '/api/v2/jobs/:jobId/runs/:runId/stop/', input);
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
    return (await this.#transport.send<typeof signalJobRun>('POST', path, input)).processes;
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

  /**
   * The work directory of a run that executes as it is now, as an archive among the files of the job: `fileId` is there when
   * `status` is `done`. One that has failed is an answer, not an error: `reason` says why. A `ConflictError` when the run is
   * not executing.
   */
  snapshot(jobId: string, runId: string, options: SnapshotOptions = {}): Promise<Snapshot> {
    return takeSnapshot(this.#transport, { jobId, runId }, options);
  }

  /** Snapshots of a run, newest first, those that are made or have failed among them. An extension of Quarry servers. */
  snapshots(
    jobId: string,
    runId: string,
    query: QueryFor<typeof listRunSnapshots> = {},
    call: CallOptions = {},
  ): Listing<Snapshot> {
    const input = { params: { jobId, runId }, query, ...call };
    return this.#transport.list<typeof listRunSnapshots>('/api/v2/jobs/:jobId/runs/:runId/snapshots/', input);
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

  /**
   * Files in the work directory of a run; while it executes, or while that is kept because it was cut off. Quarry servers tell
   * the outputs of one that has ended.
   */
  runDirectory(jobId: string, runId: string, call: CallOptions = {}): Promise<DirectoryEntry[]> {
    const input = { params: { jobId, runId }, ...call };
    return this.#transport.send<typeof listRunDirectory>(
      'GET',
      '/api/v2/jobs/:jobId/runs/:runId/directory-contents/',
      input,
    );
  }

  /** The last lines of a file of a run, without line ends; as long as `runDirectory` lists it. */
  async tail(jobId: string, runId: string, path: string, options: TailOptions = {}): Promise<string[]> {
    const { lines = 100, ...call } = options;
    const input = { params: { jobId, runId, '*': path }, query: { lines }, ...call };
    return (
      await this.#transport.send<typeof tailRunFile>('GET', '/api/v2/jobs/:jobId/runs/:runId/tail/*', input)
    ).lines;
  }

  /**
   * Where in a file of a run a text stands: in the work directory while it executes, among its outputs after that; `next` says
   * where to go on. An extension of Quarry servers, as is `runFileLineIndex`.
   */
  findInRunFile(
    jobId: string,
    runId: string,
    path: string,
    query: QueryFor<typeof findInRunFile>,
    call: CallOptions = {},
  ): Promise<MatchesInFile> {
    const input = { params: { jobId, runId, '*': path }, query, ...call };
    return this.#transport.send<typeof findInRunFile>('GET', '/api/v2/jobs/:jobId/runs/:runId/find/*', input);
  }

  /** Where the lines of a file of a run begin, each `every` of them. */
  runFileLineIndex(
    jobId: string,
    runId: string,
    path: string,
    { every, ...call }: QueryFor<typeof getRunLineIndex> & CallOptions = {},
  ): Promise<LineIndex> {
    const input = { params: { jobId, runId, '*': path }, query: { every }, ...call };
    return this.#transport.send<typeof getRunLineIndex>(
      'GET',
      '/api/v2/jobs/:jobId/runs/:runId/line-index/*',
      input,
    );
  }

  /**
   * What is written to a file of a run, as it is written, until the run has ended; each byte once, also when connections break
   * or the platform is away for up to five minutes. A run that has ended gives the file that it left, then its end. A
   * `NotFoundError` when there is no such run, or it has ended without the file. An extension of Quarry servers.
   */
  followFile(
    jobId: string,
    runId: string,
    path: string,
    options: FollowFileOptions = {},
  ): AsyncGenerator<FileEvent, void, undefined> {
    return followFile(this.#transport, { jobId, runId, path }, options);
  }

  /**
   * A sweep as one table with a row for each run; see `toRecords` for objects. `since`, the mark of an earlier table, answers
   * only runs that have changed after it: see `mergeResults`. An extension of Quarry servers, as is all that follows.
   */
  results(
    jobId: string,
    options?: ResultsOptions & { format?: 'json'; since?: string },
  ): Promise<ResultsTable>;
  /** The table as the text of a CSV file, with a header. */
  results(jobId: string, options: ResultsOptions & { format: 'csv' }): Promise<string>;
  /** The table as the bytes of a Parquet file. */
  results(jobId: string, options: ResultsOptions & { format: 'parquet' }): Promise<Uint8Array>;
  async results(
    jobId: string,
    {
      format = 'json',
      since,
      columns,
      ...call
    }: ResultsOptions & { format?: ResultFormat; since?: string } = {},
  ): Promise<ResultsTable | string | Uint8Array> {
    const chosen = columns === undefined ? {} : { columns };
    if (format === 'csv') {
      return (await this.downloadResults(jobId, { format, ...chosen, ...call })).text();
    }
    if (format === 'parquet') {
      const file = await this.downloadResults(jobId, { format, ...chosen, ...call });
      return new Uint8Array(await file.arrayBuffer());
    }
    const query = { format, since, ...listedColumns(columns) };
    const input = { params: { jobId }, query, ...call };
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

/** Some platforms answer plain values. */
function valuesOf(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const values = Object.entries(fields).map(([name, field]) => {
    const isWrapped = typeof field === 'object' && field !== null && 'meta' in field && 'value' in field;
    return [name, isWrapped ? field.value : field] as const;
  });
  return Object.fromEntries(values);
}
