import type { Job, JobDefinition } from '@quarry/contract';

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

/** A job as it is read, turned into a definition that creates the same one again, under its name or another. */
export function toDefinition(job: Job, name: string = job.name): JobDefinition {
  const read = job as unknown as Fields;
  const definition: Fields = { name, ...pick(read, JOB_FIELDS) };
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
