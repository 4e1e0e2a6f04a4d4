/** Cloning, with and without the platform's help. */
import type { createJob, getJob, Job, JobDefinition } from '@quarry/contract';
import { ApiError } from '../errors.ts';
import type { KeyedCallOptions } from '../idempotency.ts';
import { fillPath } from '../path.ts';
import type { Transport } from '../transport.ts';

export interface CloneOptions extends KeyedCallOptions {
  /** Name of the copy; that of the original when absent. */
  name?: string;
}

/** Saves a copy of a job through `clone/`, or by GET, edit and POST where that does not exist. */
export async function cloneJob(transport: Transport, jobId: string, options: CloneOptions): Promise<Job> {
  const { name, ...call } = options;
  const path = fillPath('/api/v2/jobs/:jobId/clone/', { jobId });
  const body = JSON.stringify(name === undefined ? {} : { name });
  const headers = { 'content-type': 'application/json' };
  try {
    return (await transport.json({
      method: 'POST',
      path,
      body,
      headers,
      ...transport.keyed(call),
    })) as Job;
  } catch (error) {
    // 404 may also mean that the job does not exist: then the GET below says so.
    if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 405)) {
      throw error;
    }
  }
  const job = await transport.send<typeof getJob>('GET', '/api/v2/jobs/:jobId/', {
    params: { jobId },
    ...call,
  });
  const definition = toDefinition(job, name ?? job.name);
  return transport.send<typeof createJob>('POST', '/api/v2/jobs/', { body: definition, ...call });
}

type Fields = Record<string, unknown>;

/** What of a job is its definition: everything else is the platform's to say. */
const JOB_FIELDS = [
  'projectId',
  'isLowPriority',
  'billingPriorityValue',
  'description',
  'cidrRule',
  'publicKey',
  'sshPort',
  'jobvariables',
  'optimizer',
  'retryPolicy',
  'snapshots',
  'checkpoints',
  'includeNominalRun',
  'isTemplateDryRun',
  'monteCarloIterations',
  'archiveFilters',
  'resourceFilters',
  'jobAutomations',
];
const ANALYSIS_FIELDS = [
  'command',
  'envVars',
  'flags',
  'useRescaleLicense',
  'onDemandLicenseSeller',
  'userDefinedLicenseSettings',
  'preProcessScriptCommand',
  'postProcessScriptCommand',
];

/** A job as it is read, turned into a definition that creates the same one again. */
function toDefinition(job: object, name: string): JobDefinition {
  const read = job as Fields;
  const definition: Fields = { name, ...pick(read, JOB_FIELDS), clonedFrom: read.id };
  Object.assign(definition, references(read, ['paramFile', 'caseFile']));
  definition.jobanalyses = list(read.jobanalyses).map((tile) => ({
    ...pick(tile, ANALYSIS_FIELDS),
    ...references(tile, ['preProcessScript', 'postProcessScript']),
    analysis: pick((tile.analysis ?? {}) as Fields, ['code', 'version']),
    hardware: hardwareOf((tile.hardware ?? {}) as Fields),
    inputFiles: list(tile.inputFiles).map((file) => pick(file, ['id', 'decompress'])),
    templateTasks: list(tile.templateTasks).map((task) => ({
      ...pick(task, ['processedFilename']),
      ...references(task, ['templateFile']),
    })),
  }));
  return definition as unknown as JobDefinition;
}

function hardwareOf(hardware: Fields): Fields {
  const { coreType } = hardware;
  const code = coreType !== null && typeof coreType === 'object' ? (coreType as Fields).code : coreType;
  return { ...pick(hardware, ['coresPerSlot', 'slots', 'walltime', 'type']), coreType: code };
}

function references(from: Fields, names: string[]): Fields {
  const found: Fields = {};
  for (const name of names) {
    const value = from[name];
    if (value !== null && typeof value === 'object') {
      found[name] = pick(value as Fields, ['id']);
    }
  }
  return found;
}

function pick(from: Fields, names: readonly string[]): Fields {
  const found: Fields = {};
  for (const name of names) {
    if (from[name] !== undefined && from[name] !== null) {
      found[name] = from[name];
    }
  }
  return found;
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value : [];
}
