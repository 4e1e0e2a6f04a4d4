import {
  ApiError,
  type JobAnalysisDefinition,
  type JobDefinition,
  type JobPreview,
  type Quarry,
} from '@quarry/sdk';
import { usageError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { type Catalogue, findSoftware, findVersion, readCatalogue } from './catalogue.ts';
import { chooseHardware, describeUnknownCoreType, type HardwareChoice } from './core-types.ts';
import type { DraftJob, DraftTile } from './draft.ts';
import { type Estimate, estimateCost } from './estimate.ts';
import { checkAttachments, checkInputs, type PlannedAttachment, type PlannedInput } from './inputs.ts';
import { estimateOf, previewJob } from './preview.ts';

/** A job that is complete but for its local inputs, what it will cost, and what the user should know. */
export interface Plan {
  definition: JobDefinition;
  /** To be uploaded; each names the tile whose input it becomes. */
  inputs: PlannedInput[];
  attachments: PlannedAttachment[];
  /** Of the first tile: all tiles share its cluster. */
  hardware: HardwareChoice;
  estimate?: Estimate;
  /** What the platform will make of it; null where it cannot say so beforehand. */
  preview: JobPreview | null;
  warnings: string[];
}

/** Completes a draft with what the platform offers, and refuses what cannot work before anything is uploaded. */
export async function planJob(draft: DraftJob, sdk: Quarry, signal: AbortSignal): Promise<Plan> {
  for (const [index, { definition }] of draft.tiles.entries()) {
    requireCommand(definition.command, index);
  }
  const inputs = await checkInputs(draft.tiles.map(({ localInputs }) => localInputs));
  const attachments = await checkAttachments(draft.attachments ?? [], inputs);
  const isTimed = draft.tiles[0]?.walltimeHours !== undefined;
  const { clusterId } = draft.definition;
  const [catalogue, longestHours, projectId, cluster] = await Promise.all([
    readCatalogue(sdk, signal),
    isTimed ? undefined : readLongestWalltime(sdk, signal),
    draft.projectName === undefined ? undefined : findProject(sdk, draft.projectName, signal),
    clusterId ? sdk.clusters.get(clusterId, { signal }) : undefined,
  ]);
  for (const tile of cluster === undefined ? [] : draft.tiles) {
    // Another one would be refused.
    tile.coreType ??= cluster?.hardware.coreType.code;
  }
  const warnings = [...draft.warnings];
  const { definition } = draft;
  const lowPriority = isEconomy(definition);
  const tiles = draft.tiles.map((tile, index) => {
    settleAnalysis(tile, draft.softwareHints, catalogue, warnings);
    return completeTile(tile, index, lowPriority, catalogue, warnings);
  });
  const [first] = tiles;
  if (!first) {
    throw usageError('The job has nothing to run.', 'Give it a --command.');
  }
  const plan: Plan = {
    definition: {
      ...definition,
      name: definition.name || 'job',
      ...(projectId !== undefined && { projectId }),
      jobanalyses: tiles.map((tile) => tile.definition),
    },
    inputs,
    attachments,
    hardware: first.hardware,
    preview: null,
    warnings,
  };
  plan.preview = await previewJob(plan, sdk, signal);
  if (plan.preview === null) {
    toWholeHours(plan);
  }
  if (cluster !== undefined) {
    // The hours of the cluster are paid for, and not those of its jobs.
    return plan;
  }
  if (plan.preview !== null) {
    plan.estimate = estimateOf(plan.preview);
    return plan;
  }
  const estimate = estimateCost(first.hardware, {
    slots: Number(first.definition.hardware.slots ?? 1),
    walltimeHours: first.definition.hardware.walltime ?? undefined,
    longestHours,
    lowPriority,
    currency: catalogue.currency,
  });
  if (estimate) {
    plan.estimate = estimate;
  }
  return plan;
}

/** What knows no previews may be a platform that takes whole hours only, as the API once did. */
function toWholeHours({ definition, warnings }: Plan): void {
  for (const { hardware } of definition.jobanalyses) {
    const { walltime } = hardware;
    if (typeof walltime === 'number' && !Number.isInteger(walltime)) {
      hardware.walltime = Math.ceil(walltime);
      warnings.push(
        `The walltime of ${walltime} hours counts as ${hardware.walltime}: this platform may take whole hours only.`,
      );
    }
  }
}

function requireCommand(command: string | undefined, index: number): string {
  if (command !== undefined && String(command).trim() !== '') {
    return command;
  }
  throw usageError(
    `The command of analysis ${index + 1} of the job is empty: there is nothing to run.`,
    'Give it one with --command, or as "command" in the definition.',
  );
}

/** Hours that a job without a walltime may take; undefined where the platform does not tell. */
async function readLongestWalltime(sdk: Quarry, signal: AbortSignal): Promise<number | undefined> {
  try {
    const { maxJobHours } = await sdk.users.me({ signal });
    return Number(maxJobHours) > 0 ? Number(maxJobHours) : undefined;
  } catch (error) {
    if (error instanceof ApiError) {
      return undefined;
    }
    throw error;
  }
}

function isEconomy({ billingPriorityValue, isLowPriority }: DraftJob['definition']): boolean {
  if (billingPriorityValue) {
    return billingPriorityValue === 'ON_DEMAND';
  }
  return String(isLowPriority ?? false).toLowerCase() === 'true';
}

function settleAnalysis(
  tile: DraftTile,
  hints: readonly string[] | undefined,
  { analyses }: Catalogue,
  warnings: string[],
): void {
  const { definition } = tile;
  definition.analysis ??= findSoftware(analyses, hints ?? []) ?? { code: 'user_included' };
  const { code, version } = definition.analysis;
  const known = analyses.find((analysis) => analysis.code === code);
  if (!known) {
    const near = nearest(
      code,
      analyses.map((analysis) => analysis.code),
    );
    warnings.push(`The platform lists no analysis "${code}".${near ? ` Did you mean ${near}?` : ''}`);
    return;
  }
  const found = findVersion(known, version);
  if (version && !found) {
    const offered = known.versions.map(({ versionCode }) => versionCode).join(', ');
    throw usageError(`${known.name} (${code}) has no version "${version}"; there is ${offered}.`);
  }
  if (version && found) {
    definition.analysis = { code, version: found.versionCode };
  }
}

function completeTile(
  tile: DraftTile,
  index: number,
  lowPriority: boolean,
  { coreTypes, analyses }: Catalogue,
  warnings: string[],
): { definition: JobAnalysisDefinition; hardware: HardwareChoice } {
  const { definition } = tile;
  const command = requireCommand(definition.command, index);
  const analysis = definition.analysis!;
  const version = findVersion(
    analyses.find(({ code }) => code === analysis.code),
    analysis.version,
  );
  const hardware = chooseHardware(coreTypes, {
    ...(tile.coreType !== undefined && { coreType: tile.coreType }),
    ...(tile.cores !== undefined && { cores: tile.cores }),
    ...(tile.coresAreLeast && { coresAreLeast: true }),
    ...(tile.gpus !== undefined && { gpus: tile.gpus }),
    lowPriority,
    ...(version && { version }),
  });
  if (!hardware.type) {
    const words = describeUnknownCoreType(coreTypes, hardware.code);
    if (tile.isCoreTypeTyped) {
      throw usageError(words, 'See `quarry coretypes`, or leave out --core-type.');
    }
    warnings.push(words);
  }
  if (hardware.type?.isActive === false) {
    const reason = hardware.type.unavailableReason ?? 'the platform says no more.';
    warnings.push(`Core type ${hardware.code} is not available: ${reason}`);
  }
  return {
    definition: {
      ...definition,
      analysis,
      command,
      inputFiles: definition.inputFiles ?? [],
      hardware: {
        coreType: hardware.code,
        coresPerSlot: hardware.cores,
        slots: tile.slots ?? 1,
        walltime: tile.walltimeHours ?? null,
      },
    },
    hardware,
  };
}

/** A project by its id or its name, whatever the case of the name. */
export async function findProject(sdk: Quarry, wanted: string, signal: AbortSignal): Promise<string> {
  const projects = await sdk.projects.list({}, { signal }).all();
  const found =
    projects.find(({ id, name }) => id === wanted || name === wanted) ??
    projects.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (found) {
    return found.id;
  }
  const names = projects.map(({ name }) => name).join(', ') || 'none';
  throw usageError(`You have no project "${wanted}"; there is: ${names}.`, 'See `quarry projects list`.');
}
