import type {
  addJobTag,
  getJobCustomFields,
  listJobTags,
  removeJobTag,
  setJobCustomFields,
  Tag,
  TaggedJobs,
  tagJobs,
} from '@quarry/contract';
import type { CallOptions } from '../../call-options.ts';
import type { Transport } from '../../transport.ts';
import type { TagManyOptions } from './options.ts';

/** What somebody has written beside jobs. Part of `client.jobs`. */
export class JobAnnotations {
  protected readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** Tags of a job, in the order in which it got them. */
  tags(jobId: string, call: CallOptions = {}): Promise<Tag[]> {
    return this.transport.send<typeof listJobTags>('GET', '/api/v2/jobs/:jobId/tags/', {
      params: { jobId },
      ...call,
    });
  }

  /** Gives a job a tag, in any state of the job; one that it has already is no error. */
  addTag(jobId: string, name: string, call: CallOptions = {}): Promise<Tag> {
    return this.transport.send<typeof addJobTag>('POST', '/api/v2/jobs/:jobId/tags/', {
      params: { jobId },
      body: { name },
      ...call,
    });
  }

  /** Takes a tag from a job, without regard to case; one that it does not have is no error. */
  async removeTag(jobId: string, name: string, call: CallOptions = {}): Promise<void> {
    // Twice: some platforms read it here and some there, and proxies may leave out the body.
    const input = { params: { jobId }, query: { name }, body: { name }, ...call };
    await this.transport.send<typeof removeJobTag>('DELETE', '/api/v2/jobs/:jobId/tags/', input);
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
    return this.transport.send<typeof tagJobs>('POST', '/api/v2/jobs/tags/', input);
  }

  /** Values of the custom fields of a job, by name. */
  async customFields(jobId: string, call: CallOptions = {}): Promise<Record<string, unknown>> {
    const input = { params: { jobId }, ...call };
    return valuesOf(
      await this.transport.send<typeof getJobCustomFields>(
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
      await this.transport.send<typeof setJobCustomFields>(
        'POST',
        '/api/v2/jobs/:jobId/custom-fields/',
        input,
      ),
    );
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
