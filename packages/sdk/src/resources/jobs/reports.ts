import type {
  BodyFor,
  Cluster,
  ClusterStatus,
  createJobArchiveTicket,
  FileObject,
  getConnectionDetails,
  getJobSsh,
  Instance,
  JobSsh,
  JobStatus,
  LoadMeasurement,
  listClusterStatuses,
  listJobClusters,
  listJobFiles,
  listJobInstances,
  listJobLogs,
  listJobStatuses,
  listJobUsage,
  listLoadMeasurements,
  QueryFor,
  ResponseOf,
  RunUsageNow,
  Ticket,
} from '@quarry/contract';
import type { CallOptions } from '../../call-options.ts';
import { downloadArchiveOfJob, type JobArchiveOptions } from '../../lib/archive.ts';
import { type EventsOptions, type JobEvent, jobEvents } from '../../lib/job-events.ts';
import { StatusWatch } from '../../lib/status-watch.ts';
import { type JobResult, type WaitOptions, waitForJob } from '../../lib/wait.ts';
import type { Listing } from '../../pagination.ts';
import { JobAnnotations } from './annotations.ts';

/** What the platform tells of a job. Part of `client.jobs`. */
export class JobReports extends JobAnnotations {
  /** Status history, newest first; empty before `submit`. */
  statuses(jobId: string, call: CallOptions = {}): Listing<JobStatus> {
    return this.transport.list<typeof listJobStatuses>('/api/v2/jobs/:jobId/statuses/', {
      params: { jobId },
      ...call,
    });
  }

  /** For looking at the status history again and again: where the platform can, a look waits there for news. */
  watchStatuses(jobId: string, { signal }: Pick<CallOptions, 'signal'> = {}): StatusWatch {
    return new StatusWatch(this.transport, jobId, signal);
  }

  /**
   * What happens to the job as it happens: `for await (const event of platform.jobs.events(id))` ends with the job. A
   * job that is saved is waited for. An extension of Quarry servers; see `wait` for what works on any platform.
   */
  events(jobId: string, options: EventsOptions = {}): AsyncGenerator<JobEvent, void, undefined> {
    return jobEvents(this.transport, jobId, options);
  }

  /** Status history of the cluster that runs the job, newest first. */
  clusterStatuses(jobId: string, call: CallOptions = {}): Listing<ClusterStatus> {
    return this.transport.list<typeof listClusterStatuses>('/api/v2/jobs/:jobId/cluster_statuses/', {
      params: { jobId },
      ...call,
    });
  }

  /** Clusters that have executed the job, newest first. */
  clusters(jobId: string, call: CallOptions = {}): Listing<Cluster> {
    const input = { params: { jobId }, ...call };
    return this.transport.list<typeof listJobClusters>('/api/v3/jobs/:jobId/clusters/', input);
  }

  /** Hosts of the cluster of a job, once it has started. */
  instances(jobId: string, call: CallOptions = {}): Listing<Instance> {
    const input = { params: { jobId }, ...call };
    return this.transport.list<typeof listJobInstances>('/api/v2/jobs/:jobId/instances/', input);
  }

  /** Addresses at which a job can be reached by SSH. */
  async connectionDetails(
    jobId: string,
    call: CallOptions = {},
  ): Promise<ResponseOf<typeof getConnectionDetails>['connectionDetails']> {
    const input = { params: { jobId }, ...call };
    const path = '/api/v2/jobs/:jobId/connection_details/';
    return (await this.transport.send<typeof getConnectionDetails>('GET', path, input)).connectionDetails;
  }

  /** How to log in to a running job by SSH, or why nobody can. On Quarry servers only. */
  ssh(jobId: string, call: CallOptions = {}): Promise<JobSsh> {
    return this.transport.send<typeof getJobSsh>('GET', '/api/v2/jobs/:jobId/ssh/', {
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
    return this.transport.list<typeof listJobFiles>('/api/v2/jobs/:jobId/files/', {
      params: { jobId },
      query,
      ...call,
    });
  }

  /**
   * Outputs of a job as one zip or tar that the platform writes while it is read; nothing verifies digests here, as
   * `downloadJob` of `@quarry/sdk/node` does. An extension of Quarry servers.
   */
  archive(jobId: string, options: JobArchiveOptions = {}): Promise<Response> {
    return downloadArchiveOfJob(this.transport, jobId, options);
  }

  /** An address that gives that archive without a key: to one GET, within a minute. For links in browsers. */
  archiveTicket(
    jobId: string,
    { format, run, search, ...call }: BodyFor<typeof createJobArchiveTicket> & CallOptions = {},
  ): Promise<Ticket> {
    const input = { params: { jobId }, body: { format, run, search }, ...call };
    return this.transport.send<typeof createJobArchiveTicket>(
      'POST',
      '/api/v2/jobs/:jobId/archive/ticket/',
      input,
    );
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
    return this.transport.list<typeof listJobUsage>('/api/v2/jobs/:jobId/usage/', input);
  }

  /** What the job used of its cluster in the last hours (24 unless told otherwise), from the series of its runs. */
  load(
    jobId: string,
    query: QueryFor<typeof listLoadMeasurements> = {},
    call: CallOptions = {},
  ): Promise<LoadMeasurement[]> {
    const input = { params: { jobId }, query, ...call };
    return this.transport.send<typeof listLoadMeasurements>(
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
    return this.transport.send<typeof listJobLogs>('GET', '/api/v2/jobs/:jobId/logs/', input);
  }

  /**
   * Waits until a job has ended and says how. A failed job is a result, not an error; `TimeoutError` after
   * `timeoutMs`. Needs nothing but the status history, so it works on any platform; where the platform can wait for news,
   * the end is known within milliseconds.
   */
  wait(jobId: string, options: WaitOptions = {}): Promise<JobResult> {
    return waitForJob(this.transport, jobId, options);
  }
}
