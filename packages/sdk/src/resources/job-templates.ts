import type {
  createJobTemplate,
  createTemplateJob,
  deleteJobTemplate,
  getJobTemplate,
  Job,
  JobTemplate,
  JobTemplateCreation,
  JobTemplatePreview,
  JobTemplateSummary,
  JobTemplateUpdate,
  JobTemplateVersion,
  listJobTemplates,
  listJobTemplateVersions,
  previewJobTemplate,
  QueryFor,
  TemplateValue,
  updateJobTemplate,
} from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import type { KeyedCallOptions } from '../idempotency.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

/** Values by the names of the fields; those that are absent have their defaults. */
export type TemplateValues = Readonly<Record<string, TemplateValue>>;

export interface FillOptions {
  /** The version that was filled in; the newest when absent. */
  version?: number;
  /** Name of the job; that of the definition, or of the template, when absent. */
  name?: string;
}

/** Job templates: forms that keepers make, by which others make jobs. An extension of Quarry servers. */
export class JobTemplates {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Those that you may use, by name; archived ones only when asked for, and for those who may change them. */
  list(query: QueryFor<typeof listJobTemplates> = {}, call: CallOptions = {}): Listing<JobTemplateSummary> {
    return this.#transport.list<typeof listJobTemplates>('/api/v2/job-templates/', { query, ...call });
  }

  /** With its fields and its definition, in the newest version or another one. */
  get(
    templateId: string,
    { version, ...call }: CallOptions & { version?: number } = {},
  ): Promise<JobTemplate> {
    const input = { params: { templateId }, query: { version }, ...call };
    return this.#transport.send<typeof getJobTemplate>('GET', '/api/v2/job-templates/:templateId/', input);
  }

  /** For keepers: administrators, and for a project whoever manages it. */
  create(template: JobTemplateCreation, call: CallOptions = {}): Promise<JobTemplate> {
    const input = { body: template, ...call };
    return this.#transport.send<typeof createJobTemplate>('POST', '/api/v2/job-templates/', input);
  }

  /** By a new version; a `ConflictError` when `version` of the change is not the newest any more. */
  update(templateId: string, change: JobTemplateUpdate, call: CallOptions = {}): Promise<JobTemplate> {
    const input = { params: { templateId }, body: change, ...call };
    return this.#transport.send<typeof updateJobTemplate>(
      'PATCH',
      '/api/v2/job-templates/:templateId/',
      input,
    );
  }

  /** With all its versions; jobs that were made of it stay. */
  async delete(templateId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { templateId }, ...call };
    await this.#transport.send<typeof deleteJobTemplate>(
      'DELETE',
      '/api/v2/job-templates/:templateId/',
      input,
    );
  }

  /** The newest first. */
  versions(templateId: string, call: CallOptions = {}): Listing<JobTemplateVersion> {
    const input = { params: { templateId }, ...call };
    return this.#transport.list<typeof listJobTemplateVersions>(
      '/api/v2/job-templates/:templateId/versions/',
      input,
    );
  }

  /** What a job would become, without saving it: scripts, definition, cost. `BadRequestError` names values as `values.name`. */
  preview(
    templateId: string,
    values: TemplateValues,
    options: FillOptions & CallOptions & { run?: number } = {},
  ): Promise<JobTemplatePreview> {
    const { version, name, run, ...call } = options;
    const input = {
      params: { templateId },
      body: { ...filled(values, { version, name }), ...(run && { run }) },
      ...call,
    };
    return this.#transport.send<typeof previewJobTemplate>(
      'POST',
      '/api/v2/job-templates/:templateId/preview/',
      input,
    );
  }

  /** Makes a job, and submits it if wished; it says in `jobTemplate` of what it was made. */
  createJob(
    templateId: string,
    values: TemplateValues,
    options: FillOptions & KeyedCallOptions & { submit?: boolean } = {},
  ): Promise<Job> {
    const { version, name, submit = false, ...call } = options;
    const body = { ...filled(values, { version, name }), submit };
    const input = { params: { templateId }, body, ...this.#transport.keyed(call) };
    return this.#transport.send<typeof createTemplateJob>(
      'POST',
      '/api/v2/job-templates/:templateId/jobs/',
      input,
    );
  }
}

function filled(values: TemplateValues, { version, name }: FillOptions) {
  return {
    values: { ...values },
    ...(version !== undefined && { version }),
    ...(name !== undefined && { name }),
  };
}
