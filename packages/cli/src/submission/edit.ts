/** A job that exists, as options want it instead. */
import type { Job, JobDefinition } from '@quarry/sdk';
import { flag, type PlatformContext, type ValuesOf } from '../command.ts';
import { usageError } from '../errors.ts';
import { withInputs } from './change.ts';
import type { DraftJob, DraftTile } from './draft.ts';
import { checkInputs } from './inputs.ts';
import { applyOptions, type JobOptions, jobParameters } from './options.ts';
import { findProject } from './plan.ts';
import { withUploaded } from './send.ts';

/** All options of a submission, and what only something that exists can take back. */
export const editParameters = {
  ...jobParameters,
  normalPriority: flag('--normal-priority', 'not cheaper any more, and not after others'),
};
export type EditOptions = ValuesOf<typeof editParameters>;

type Change = Partial<JobDefinition>;
type Tile = Job['jobanalyses'][number];

/** Options that change what a job is, and nothing of what it is called. */
const NAMING = new Set<string>(['name', 'project', 'tag']);

/** The options that were given, by name. */
export function optionsGiven(given: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(given)
    .filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false))
    .map(([name]) => name);
}

/** Those of them that cannot change once the job was submitted, as they are typed. */
export function optionsOfDefinition(given: Partial<EditOptions>): string[] {
  return optionsGiven(given)
    .filter((name) => !NAMING.has(name) && Object.hasOwn(editParameters, name))
    .map((name) => editParameters[name as keyof typeof editParameters].flags.split(/[ ,]/)[0]!);
}

/** Changes a saved job as the options say; new inputs are uploaded first, and taken back when the job is refused. */
export async function changeJob(
  job: Job,
  given: EditOptions,
  context: PlatformContext,
  others: Pick<JobDefinition, 'description'> = {},
): Promise<Job> {
  const { sdk, signal } = context;
  if (given.lowPriority && given.normalPriority) {
    throw usageError('--low-priority and --normal-priority say the opposite.');
  }
  const inputs = await checkInputs([draftOf(job, given).tiles[0]?.localInputs ?? []]);
  const change = { ...(await changeFor(job, given, context)), ...others };
  const update = (wanted: Change) => sdk.jobs.update(job.id, wanted as never, { signal });
  if (inputs.length === 0) {
    return await update(change);
  }
  const tiles = {
    jobanalyses: change.jobanalyses ?? (job.jobanalyses as unknown as JobDefinition['jobanalyses']),
  };
  return await withUploaded(inputs, context, (uploaded) =>
    update({ ...change, jobanalyses: withInputs(tiles, uploaded).jobanalyses }),
  );
}

async function changeFor(job: Job, given: EditOptions, { sdk, signal }: PlatformContext): Promise<Change> {
  const draft = draftOf(job, given);
  const { tiles, definition, projectName } = draft;
  const change: Change = { ...definition };
  if (given.normalPriority) {
    change.isLowPriority = false;
  }
  if (projectName !== undefined) {
    change.projectId = await findProject(sdk, projectName, signal);
  }
  if (tilesChange(given)) {
    const changed = job.jobanalyses.map((tile, index) => withDraft(tile, tiles[index]!));
    change.jobanalyses = changed as unknown as JobDefinition['jobanalyses'];
  }
  return change;
}

/** The options on top of what they add to: tags, devices and the like that the job has already. */
function draftOf(job: Job, given: JobOptions): DraftJob {
  const draft: DraftJob = {
    definition: {
      ...(given.tag.length > 0 && { tags: (job.userTags ?? []).map(({ name }) => name) }),
      ...(given.after.length > 0 && { after: (job.after ?? []).map(({ jobId, on }) => ({ jobId, on })) }),
      ...(given.storage.length > 0 && { storageDevices: (job.storageDevices ?? []) as never }),
    },
    tiles: job.jobanalyses.map(({ envVars, inputFiles }) => ({
      // With their names, by which new ones take their place.
      definition: { envVars, inputFiles: [...inputFiles] },
      localInputs: [],
    })),
    warnings: [],
  };
  applyOptions(draft, given);
  return draft;
}

function tilesChange(given: JobOptions): boolean {
  const { command, analysis, coreType, cores, slots, walltime } = given;
  const single = [command, analysis, coreType, cores, slots, walltime];
  return single.some((value) => value !== undefined) || given.env.length > 0 || given.existingFile.length > 0;
}

/** A tile as the platform sent it, which it takes as well, with what the draft says instead. */
function withDraft(tile: Tile, { definition, coreType, cores, slots, walltimeHours }: DraftTile) {
  const hardware = {
    ...tile.hardware,
    ...(coreType !== undefined && { coreType }),
    ...(cores !== undefined && { coresPerSlot: cores }),
    ...(slots !== undefined && { slots }),
    ...(walltimeHours !== undefined && { walltime: walltimeHours }),
  };
  return { ...tile, ...definition, hardware };
}
