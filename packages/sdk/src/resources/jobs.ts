import type {
  BodyFor,
  ClusterStatus,
  createJob,
  deleteJob,
  FileObject,
  getJob,
  Job,
  JobDefinition,
  JobStatus,
  JobSummary,
  listClusterStatuses,
  listJobFiles,
  listJobRuns,
  listJobStatuses,
  listJobs,
  QueryFor,
  Run,
  stopJob,
  submitJob,
  tailRunFile,
  updateJob,
} from '@quarry/contract';
import { type CloneOptions, cloneJob } from '../lib/clone.ts';
import { type JobResult, type WaitOptions, waitForJob } from '../lib/wait.ts';
import type { Listing } from '../pagination.ts';
import type { CallOptions, Transport } from '../transport.ts';

export interface DeleteJobOptions extends CallOptions {
  /** Removes the attached input files as well, except those that other jobs use. */
  deleteInputFiles?: boolean;
}

export interface TailOptions extends CallOptions {
  /** How many lines from the end; 100 when absent. */
  lines?: number;
}

export class Jobs {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: QueryFor<typeof listJobs> = {}, call: CallOptions = {}): Listing<JobSummary> {
    return this.#transport.list<typeof listJobs>('/api/v2/jobs/', { query, ...call });
  }

  /** Saves a job; nothing runs before `submit`. `BadRequestError` names every field that does not fit. */
  create(definition: JobDefinition, call: CallOptions = {}): Promise<Job> {
    return this.#transport.send<typeof createJob>('POST', '/api/v2/jobs/', { body: definition, ...call });
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

  /** Starts a saved job. Never repeated by itself: after a `ConnectionError` ask for `statuses` before trying again. */
  async submit(jobId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { jobId }, ...call };
    await this.#transport.send<typeof submitJob>('POST', '/api/v2/jobs/:jobId/submit/', input);
  }

  /** Asks a job to stop; it ends a little later, see `wait`. */
  async stop(jobId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { jobId }, ...call };
    await this.#transport.send<typeof stopJob>('POST', '/api/v2/jobs/:jobId/stop/', input);
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

  /** Status history of the cluster that runs the job, newest first. */
  clusterStatuses(jobId: string, call: CallOptions = {}): Listing<ClusterStatus> {
    return this.#transport.list<typeof listClusterStatuses>('/api/v2/jobs/:jobId/cluster_statuses/', {
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

  runs(jobId: string, call: CallOptions = {}): Listing<Run> {
    return this.#transport.list<typeof listJobRuns>('/api/v2/jobs/:jobId/runs/', {
      params: { jobId },
      ...call,
    });
  }

  /** The last lines of a file in the work directory of a run, without line ends; only while the run executes. */
  async tail(jobId: string, runId: string, path: string, options: TailOptions = {}): Promise<string[]> {
    const { lines = 100, ...call } = options;
    const input = { params: { jobId, runId, '*': path }, query: { lines }, ...call };
    return (
      await this.#transport.send<typeof tailRunFile>('GET', '/api/v2/jobs/:jobId/runs/:runId/tail/*', input)
    ).lines;
  }

  /**
   * Waits until a job has ended and says how. A failed job is a result, not an error; `TimeoutError` after
   * `timeoutMs`. Needs nothing but the status history, so it works on any platform.
   */
  wait(jobId: string, options: WaitOptions = {}): Promise<JobResult> {
    return waitForJob(this.#transport, jobId, options);
  }
}
