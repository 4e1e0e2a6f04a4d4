import type { ParsedJobDefinition } from '@quarry/contract';
import { parseNetworks } from '../../access/networks.ts';
import { parseSshKey } from '../../access/ssh-key.ts';
import type { Catalog } from '../../catalog/types.ts';
import { LIMITS } from '../../limits.ts';
import { invalidFields } from '../../problems.ts';
import { attachedFiles } from './attached-files.ts';
import { gpusPerSlot } from './columns.ts';
import { misfitOf } from './fits-cluster.ts';
import { inNamesOfHere } from './names-here.ts';
import type { Offer } from './offer.ts';
import { settleDevices, storageInputProblems } from './storage-inputs.ts';
import type { StoredDefinition, StoredTile, WantedDefinition } from './stored.ts';
import { pathProblem } from './template-path.ts';

type Fields = Record<string, unknown>;
type ParsedTile = ParsedJobDefinition['jobanalyses'][number];

/**
 * Checks a definition against what the site offers its owner, and fills in what the owner left to the platform. Throws a
 * Problem that names every wrong field; what is accepted without effect goes to `warn`.
 */
export function checkDefinition(
  wanted: WantedDefinition,
  offer: Offer,
  warn: (text: string) => void,
): StoredDefinition {
  const definition = inNamesOfHere(wanted, offer.catalog, warn);
  const errors: Fields = {};
  const tiles = definition.jobanalyses.map((tile) => checkTile(tile, offer));
  if (tiles.some(({ errors: fields }) => Object.keys(fields).length > 0)) {
    errors.jobanalyses = tiles.map((tile) => tile.errors);
  }
  if (definition.jobanalyses.every(({ command }) => command.trim() === '')) {
    errors.jobanalyses = tiles.map(({ errors: fields }, index) =>
      index > 0
        ? fields
        : { ...fields, command: ['This field may not be blank: one tile at least must have a command.'] },
    );
  }
  const { projectId, problem } = chooseProject(definition.projectId, offer);
  if (problem) {
    errors.projectId = [problem];
  }
  for (const field of ['paramFile', 'caseFile'] as const) {
    const problems = fileProblems(definition[field], offer);
    if (problems) {
      errors[field] = problems;
    }
  }
  const after = dependencyProblems(definition, offer);
  if (after) {
    errors.after = after;
  }
  const devices = deviceProblems(definition, offer);
  if (devices) {
    errors.storageDevices = devices;
  }
  const policy = policyProblems(definition);
  if (policy) {
    errors.retryPolicy = policy;
  }
  const onCluster = clusterProblem(definition, projectId, offer);
  if (onCluster) {
    errors.clusterId = [onCluster];
  }
  if (Object.keys(errors).length > 0) {
    throw invalidFields(errors);
  }

  warnOfNoEffect(definition, warn);
  const storageDevices = settleDevices(definition.storageDevices, warn);
  warnOfClosedDoors(definition, warn);
  return {
    ...definition,
    projectId,
    storageDevices,
    jobanalyses: tiles.map((tile) => tile.chosen),
    restart: definition.restart ?? null,
    jobTemplate: definition.jobTemplate ?? null,
  };
}

function checkTile(tile: ParsedTile, offer: Offer): { errors: Fields; chosen: StoredTile } {
  const errors: Fields = {};
  const { analysis, version, problem } = chooseVersion(tile, offer.catalog);
  if (problem) {
    errors.analysis = problem;
  }
  const hardware = hardwareProblems(tile.hardware, offer, {
    code: tile.analysis.code,
    allowed: version?.allowedCoreTypes,
  });
  if (Object.keys(hardware).length > 0) {
    errors.hardware = hardware;
  }
  const inputs = tile.inputFiles.map((file) => fileProblems(file, offer) ?? {});
  if (inputs.some((fields) => 'id' in fields)) {
    errors.inputFiles = inputs;
  }
  const templates = tile.templateTasks.map((task) => templateProblems(task, offer));
  if (templates.some((fields) => Object.keys(fields).length > 0)) {
    errors.templateTasks = templates;
  }
  for (const field of ['preProcessScript', 'postProcessScript'] as const) {
    const problems = fileProblems(tile[field], offer);
    if (problems) {
      errors[field] = problems;
    }
  }
  return { errors, chosen: { ...tile, analysis } };
}

/** Errors under a reference to a file; null when it can be attached. */
function fileProblems(file: { id: string } | null, offer: Offer): Fields | null {
  if (file === null || offer.attachable.has(file.id)) {
    return null;
  }
  return {
    id: [
      `There is no file "${file.id}" that can be attached: it must be yours, uploaded whole, and not deleted.`,
    ],
  };
}

function templateProblems(task: ParsedTile['templateTasks'][number], offer: Offer): Fields {
  const path = pathProblem(task.processedFilename);
  const file = fileProblems(task.templateFile, offer);
  return { ...(path ? { processedFilename: [path] } : {}), ...(file ? { templateFile: file } : {}) };
}

function chooseVersion(tile: ParsedTile, catalog: Catalog) {
  const { code, version: wanted } = tile.analysis;
  const analysis = catalog.analysis(code);
  if (!analysis) {
    const problem = { code: [`There is no analysis "${code}" here. The list is at analyses/.`] };
    return { analysis: { code, version: wanted ?? '' }, version: undefined, problem };
  }
  const version = catalog.version(code, wanted);
  if (!version) {
    const offered = analysis.versions.map((each) => each.code).join(', ');
    const problem = {
      version: [`The specified version is not available. ${analysis.name} is offered as: ${offered}.`],
    };
    return { analysis: { code, version: wanted ?? '' }, version: undefined, problem };
  }
  if (version.unavailableReason) {
    const problem = { version: [`The specified version is not available. ${version.unavailableReason}`] };
    return { analysis: { code, version: version.code }, version, problem };
  }
  return { analysis: { code, version: version.code }, version, problem: null };
}

/** What is wrong with hardware that somebody asks for, by field; of an analysis, which may run on some core types only. */
export function hardwareProblems(
  { coreType: code, coresPerSlot, walltime, type }: ParsedTile['hardware'],
  offer: Pick<Offer, 'catalog' | 'maxJobHours'>,
  analysis?: { code: string; allowed: readonly string[] | undefined },
): Fields {
  const errors: Fields = {};
  const coreType = offer.catalog.coreType(code);
  if (!coreType) {
    errors.coreType = [`There is no core type "${code}" here. The list is at coretypes/.`];
  } else if (!coreType.available) {
    errors.coreType = [
      `${coreType.name} is not available: ${coreType.unavailableReason} Choose an active core type.`,
    ];
  } else if (analysis?.allowed && !analysis.allowed.includes(code)) {
    errors.coreType = [
      `${analysis.code} does not run on ${coreType.name}; it runs on: ${analysis.allowed.join(', ')}.`,
    ];
  } else if (!offer.catalog.hasSize(coreType, coresPerSlot)) {
    errors.coresPerSlot = [
      `${coresPerSlot} is not offered for ${coreType.name}; choose cores from: ${coreType.cores.join(', ')}.`,
    ];
  }
  if (walltime !== null && walltime > offer.maxJobHours) {
    errors.walltime = [
      `${walltime} hours are more than your account allows; the longest is ${offer.maxJobHours}.`,
    ];
  }
  if (type === 'interactive') {
    errors.type = ['Interactive jobs are not offered here; use "compute".'];
  }
  return errors;
}

function chooseProject(
  wanted: string | null | undefined,
  offer: Offer,
): { projectId: string | null; problem?: string } {
  if (wanted) {
    if (offer.projects.some((project) => project.id === wanted)) {
      return { projectId: wanted };
    }
    return {
      projectId: null,
      problem: `There is no project "${wanted}" that you belong to. Yours are at users/me/projects/.`,
    };
  }
  const fallback = offer.projects.find((project) => project.isDefault)?.id ?? null;
  if (wanted === undefined && fallback) {
    return { projectId: fallback };
  }
  if (offer.requiresProject) {
    return {
      projectId: null,
      problem: 'Jobs here must belong to a project. Yours are at users/me/projects/.',
    };
  }
  return { projectId: null };
}

/** Errors by position among the jobs that are to end first; null when all are in order. */
function dependencyProblems({ after }: ParsedJobDefinition, { nameable }: Offer): Fields[] | null {
  const named = new Set<string>();
  const problems = after.map(({ jobId }) => {
    const isRepeated = named.has(jobId);
    named.add(jobId);
    if (isRepeated) {
      return { jobId: [`Job "${jobId}" is named twice; name it once.`] };
    }
    if (nameable.has(jobId)) {
      return {};
    }
    return jobId.startsWith('#')
      ? {
          jobId: [
            `"${jobId}" is no job before this one: in a bulk request "#0" is its first job, and only earlier ones can be named.`,
          ],
        }
      : { jobId: [`There is no job "${jobId}" that you may see.`] };
  });
  return problems.some((fields) => 'jobId' in fields) ? problems : null;
}

/** Errors of each storage device; null when all of them can be attached. */
function deviceProblems({ storageDevices }: ParsedJobDefinition, offer: Offer): Fields[] | null {
  const problems = storageDevices.map(({ id, inputFiles }): Fields => {
    if (!offer.devices.has(id)) {
      return {
        id: [
          `There is no storage device "${id}" that the owner of the job may use. Theirs are at storage-devices/.`,
        ],
      };
    }
    const files = inputFiles.map(storageInputProblems);
    return files.some(isWrong) ? { inputFiles: files } : {};
  });
  return problems.some(isWrong) ? problems : null;
}

function isWrong(fields: Fields): boolean {
  return Object.keys(fields).length > 0;
}

/** A run that is to be executed again must be allowed another attempt. */
function policyProblems({ retryPolicy }: ParsedJobDefinition): Fields | null {
  const { agentLost, maxRetries } = retryPolicy ?? {};
  if ((agentLost !== 'retry' && agentLost !== 'resume') || maxRetries !== 0) {
    return null;
  }
  return {
    maxRetries: [
      `agentLost "${agentLost}" needs maxRetries, which bounds how often a run is executed again: 1 at least.`,
    ],
  };
}

/** Why a job cannot be executed on the persistent cluster that it names; null when it can, and names none. */
function clusterProblem(
  { clusterId, jobanalyses }: ParsedJobDefinition,
  projectId: string | null,
  { clusters, ownerId, catalog }: Offer,
): string | null {
  if (!clusterId) {
    return null;
  }
  const cluster = clusters.get(clusterId);
  if (!cluster) {
    return `There is no persistent cluster "${clusterId}" that the owner of the job may see; theirs are at clusters/.`;
  }
  const { hardware } = jobanalyses[0]!;
  return misfitOf(cluster, {
    ...{ ownerId, projectId, coreType: hardware.coreType, coresPerSlot: hardware.coresPerSlot },
    gpusPerSlot: gpusPerSlot(catalog, hardware),
  });
}

/** Refuses what has more parts than a job may have; to be called before each part is looked up. */
export function refuseTooMuch(
  definition: Pick<ParsedJobDefinition, 'jobanalyses' | 'paramFile' | 'caseFile'>,
): void {
  if (definition.jobanalyses.length > LIMITS.tilesPerJob) {
    throw invalidFields({
      jobanalyses: [`Ensure this field has no more than ${LIMITS.tilesPerJob} elements.`],
    });
  }
  if (attachedFiles(definition).length > LIMITS.inputsPerJob) {
    throw invalidFields({
      jobanalyses: [
        `A job takes at most ${LIMITS.inputsPerJob} input files; put many small files into an archive, which is unpacked.`,
      ],
    });
  }
}

/** A script that asks for what nobody can read still runs: what it gets is a job that lets in fewer. */
function warnOfClosedDoors({ publicKey, cidrRule }: ParsedJobDefinition, warn: (text: string) => void): void {
  for (const line of (publicKey ?? '').split('\n').filter((each) => each.trim() !== '')) {
    const problem = parseSshKey(line);
    if (typeof problem === 'string') {
      warn(`publicKey lets nobody in: ${problem}`);
    }
  }
  if (parseNetworks(cidrRule ?? '') === null) {
    warn('cidrRule lets nobody in: give networks such as 10.0.0.0/8, separated by commas.');
  }
}

function warnOfNoEffect(definition: ParsedJobDefinition, warn: (text: string) => void): void {
  const withoutEffect: Record<string, unknown> = {
    folderId: definition.folderId,
    archiveFilters: definition.archiveFilters.length > 0,
    resourceFilters: definition.resourceFilters.length > 0,
  };
  // Clients of the original send those of their own site along with every job.
  for (const { automation } of definition.jobAutomations) {
    warn(
      `The automation "${automation.id}" is not there and was left out: there are no automations here, their commands go into the command of the job.`,
    );
  }
  for (const [field, value] of Object.entries(withoutEffect)) {
    if (value) {
      warn(`${field} has no effect on this platform.`);
    }
  }
  for (const [index, { flags }] of definition.jobanalyses.entries()) {
    if (flags.runForever) {
      warn(
        definition.clusterId
          ? `jobanalyses[${index}].flags.runForever has no effect: a persistent cluster goes on after its jobs anyhow.`
          : `jobanalyses[${index}].flags.runForever has no effect: a cluster ends with its job. One that does not is made with POST clusters/.`,
      );
    }
  }
  if (definition.clusterId && definition.autoTerminateCluster) {
    warn(
      `autoTerminateCluster has no effect: cluster ${definition.clusterId} is persistent, and ends when it has been without a job for a while.`,
    );
  }
  if (!definition.clusterId && definition.autoTerminateCluster === false) {
    warn(
      'autoTerminateCluster has no effect when it is false: a cluster ends with its job. One that does not is made with POST clusters/.',
    );
  }
  const [first, ...others] = definition.jobanalyses;
  for (const [index, tile] of others.entries()) {
    const { coreType, coresPerSlot, slots } = tile.hardware;
    const same = coreType === first!.hardware.coreType && coresPerSlot === first!.hardware.coresPerSlot;
    if (!same || slots !== first!.hardware.slots) {
      warn(`jobanalyses[${index + 1}].hardware has no effect: all tiles run on the hardware of the first.`);
    }
  }
  if (definition.jobanalyses.some((tile) => tile.useRescaleLicense || tile.onDemandLicenseSeller)) {
    warn('Licences are not sold here: a solver that needs one must find it through envVars.');
  }
}
