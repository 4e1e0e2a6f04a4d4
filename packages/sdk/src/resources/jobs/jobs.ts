import type {
  BodyFor,
  countJobs,
  createJob,
  createJobs,
  DeletedJobs,
  deleteJob,
  getJob,
  Job,
  JobCounts,
  JobDefinition,
  JobPreview,
  JobSummary,
  listJobs,
  previewJob,
  QueryFor,
  RerunJobs,
  ResponseOf,
  rerunJobs,
  shutdownJob,
  stopJob,
  submitJob,
  updateJob,
} from '@quarry/contract';
import type { CallOptions } from '../../call-options.ts';
import type { KeyedCallOptions } from '../../idempotency.ts';
import { type CloneOptions, cloneJob } from '../../lib/clone.ts';
import { type CreateManyOptions, createMany } from '../../lib/create-many.ts';
import { deleteJobsEach } from '../../lib/each-of-many.ts';
import { type RestartOptions, restartJob } from '../../lib/restart.ts';
import { type StoppedJobs, stopJobs } from '../../lib/stop-jobs.ts';
import type { Listing } from '../../pagination.ts';
import type { DeleteJobOptions, PreviewOptions, RerunManyOptions, StopJobOptions } from './options.ts';
import { JobResults } from './results.ts';

/** Jobs: making and changing them; what they tell and leave stands in the files beside this one. */
export class Jobs extends JobResults {
  list(query: QueryFor<typeof listJobs> = {}, call: CallOptions = {}): Listing<JobSummary> {
    return this.transport.list<typeof listJobs>('/api/v2/jobs/', { query, ...call });
  }

  /** How many jobs there are of each kind, with the filters of `list`. An extension of Quarry servers. */
  counts(query: QueryFor<typeof countJobs> = {}, call: CallOptions = {}): Promise<JobCounts> {
    return this.transport.send<typeof countJobs>('GET', '/api/v2/jobs/counts/', { query, ...call });
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
    return this.transport.send<typeof previewJob>('POST', '/api/v2/jobs/preview/', {
      body,
      repeat: 'always',
      ...call,
    });
  }

  /** Saves a job; nothing runs before `submit`. `BadRequestError` names every field that does not fit. */
  create(definition: JobDefinition, call: KeyedCallOptions = {}): Promise<Job> {
    const input = { body: definition, ...this.transport.keyed(call) };
    return this.transport.send<typeof createJob>('POST', '/api/v2/jobs/', input);
  }

  /**
   * Saves many jobs in one request, all of them or none. An extension of Quarry servers; with `after` of one of them, which
   * early ones would ignore, such a server is refused and nothing is sent.
   */
  createMany(
    definitions: readonly JobDefinition[],
    options: CreateManyOptions = {},
  ): Promise<ResponseOf<typeof createJobs>['jobs']> {
    return createMany(this.transport, definitions, options);
  }

  get(jobId: string, call: CallOptions = {}): Promise<Job> {
    return this.transport.send<typeof getJob>('GET', '/api/v2/jobs/:jobId/', { params: { jobId }, ...call });
  }

  /** Changes a job. Once it is submitted, only name, project and the like change: the rest comes back as a warning. */
  update(jobId: string, changes: BodyFor<typeof updateJob>, call: CallOptions = {}): Promise<Job> {
    const input = { params: { jobId }, body: changes, ...call };
    return this.transport.send<typeof updateJob>('PATCH', '/api/v2/jobs/:jobId/', input);
  }

  /** Deletes a job and its outputs; refused with a `BadRequestError` while it runs. */
  async delete(jobId: string, { deleteInputFiles, ...call }: DeleteJobOptions = {}): Promise<void> {
    const input = { params: { jobId }, query: { deleteInputFiles }, ...call };
    await this.transport.send<typeof deleteJob>('DELETE', '/api/v2/jobs/:jobId/', input);
  }

  /**
   * Deletes many jobs, each by itself: `refused` says which could not be deleted, and why. In requests of 1,000
   * where the platform takes them together, else one by one.
   */
  deleteMany(jobIds: readonly string[], options: DeleteJobOptions = {}): Promise<DeletedJobs> {
    return deleteJobsEach(this.transport, jobIds, options);
  }

  /** Executes again what failed of at most 1,000 jobs, each by itself: `refused` says which could not be executed again. */
  rerunMany(jobIds: readonly string[], { resume, ...call }: RerunManyOptions = {}): Promise<RerunJobs> {
    const body = { jobs: [...jobIds], ...(resume !== undefined && { resume }) };
    const input = { body, ...this.transport.keyed(call) };
    return this.transport.send<typeof rerunJobs>('POST', '/api/v2/jobs/rerun/', input);
  }

  /**
   * Starts a saved job. Where the platform minds no keys it is not repeated by itself: after a `ConnectionError` ask
   * for `statuses` before trying again.
   */
  async submit(jobId: string, call: KeyedCallOptions = {}): Promise<void> {
    const input = { params: { jobId }, ...this.transport.keyed(call) };
    await this.transport.send<typeof submitJob>('POST', '/api/v2/jobs/:jobId/submit/', input);
  }

  /** Asks a job to stop; it ends a little later, see `wait`. */
  async stop(jobId: string, { force, ...call }: StopJobOptions = {}): Promise<void> {
    const input = { params: { jobId }, query: { force }, ...call };
    await this.transport.send<typeof stopJob>('POST', '/api/v2/jobs/:jobId/stop/', input);
  }

  /** Ends a job at once, without keeping what its runs have written, but for their logs. */
  async shutdown(jobId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { jobId }, ...call };
    await this.transport.send<typeof shutdownJob>('POST', '/api/v2/jobs/:jobId/shutdown/', input);
  }

  /** Asks many jobs to stop: in one request where the platform takes them together, else one by one. */
  stopMany(jobIds: readonly string[], call: CallOptions = {}): Promise<StoppedJobs> {
    return stopJobs(this.transport, jobIds, call);
  }

  /** Saves a copy of a job, not submitted; on platforms that cannot clone, by reading, editing and creating. */
  clone(jobId: string, options: CloneOptions = {}): Promise<Job> {
    return cloneJob(this.transport, jobId, options);
  }

  /**
   * A new job that goes on from the outputs of a job that has ended, or from a snapshot of one: its run begins in a work
   * directory with these files. Of a job with several runs, each begins with those of the run of its number. An
   * extension of Quarry servers.
   */
  restart(jobId: string, options: RestartOptions = {}): Promise<Job> {
    return restartJob(this.transport, jobId, options);
  }
}
