import { flag, integer, text, texts, type ValuesOf } from '../command.ts';
import { usageError } from '../errors.ts';
import { hours } from '../hours.ts';
import { readAfter } from './after.ts';
import type { DraftJob, DraftTile, LocalInput } from './draft.ts';
import { nameOfCommand } from './name-of-command.ts';

/** The options that describe a job itself, of every command that submits one. */
export const jobParameters = {
  command: text('--command <text>', 'what to run, by bash'),
  input: texts('--input <path>', 'file or folder the job needs (repeatable); archives are unpacked'),
  exclude: texts('--exclude <pattern>', 'nothing that matches in folders given as --input (repeatable)'),
  existingFile: texts('--existing-file <id>', 'stored file the job needs (repeatable)'),
  analysis: text('--analysis <code>', 'software, as code or code:version (see `quarry analyses`)'),
  coreType: text('--core-type <code>', 'kind of cores (see `quarry coretypes`)'),
  cores: integer('--cores <n>', 'cores per slot; the fewest of the core type unless told otherwise'),
  slots: integer('--slots <n>', 'how many runs at the same time'),
  walltime: hours('--walltime <hours>', 'longest time the job may take, in hours or as 90m, 2h, 1:30'),
  name: text('--name <text>', 'name of the job'),
  project: text('--project <name>', 'project, by name or id'),
  storage: texts('--storage <device>', 'storage device that the job has (repeatable; see `quarry storage`)'),
  cluster: text('--cluster <cluster>', 'persistent cluster to run on (see `quarry clusters`)'),
  env: texts('--env <name=value>', 'environment variable of the command (repeatable)'),
  lowPriority: flag('--low-priority', 'cheaper, and after jobs of normal priority'),
  tag: texts('--tag <text>', 'tag of the job (repeatable)'),
  after: texts(
    '--after <job>',
    'start when this job has ended in success, or as ID:failure or ID:any (repeatable)',
  ),
};
type Given = ValuesOf<typeof jobParameters>;
export type JobOptions = Partial<Given> &
  Pick<Given, 'input' | 'existingFile' | 'env' | 'tag' | 'after' | 'lowPriority' | 'storage'>;

/** A job described by options alone. */
export function draftFromOptions(options: JobOptions): DraftJob {
  const draft: DraftJob = {
    definition: { name: nameOfCommand(options.command ?? '') },
    tiles: [{ definition: { analysis: { code: 'user_included' } }, localInputs: [] }],
    warnings: [],
  };
  applyOptions(draft, options);
  return draft;
}

/** Lays options over a draft: an option given wins over what the script or the definition says. */
export function applyOptions(draft: DraftJob, options: JobOptions): void {
  const { definition } = draft;
  if (options.name !== undefined) {
    definition.name = options.name;
  }
  if (options.lowPriority) {
    definition.isLowPriority = true;
    delete definition.billingPriorityValue;
  }
  if (options.tag.length > 0) {
    definition.tags = [...(definition.tags ?? []), ...options.tag];
  }
  if (options.after.length > 0) {
    definition.after = [...(definition.after ?? []), ...options.after.map(readAfter)];
  }
  if (options.storage.length > 0) {
    const attached = options.storage.map((id) => ({ id }));
    definition.storageDevices = [...(definition.storageDevices ?? []), ...attached];
  }
  if (options.cluster !== undefined) {
    definition.clusterId = options.cluster;
  }
  if (options.project !== undefined) {
    draft.projectName = options.project;
  }
  applyToTile(draft, options);
  const { exclude = [] } = options;
  for (const input of exclude.length > 0 ? draft.tiles.flatMap((tile) => tile.localInputs) : []) {
    input.exclude = exclude;
  }
}

function applyToTile(draft: DraftJob, options: JobOptions): void {
  const [tile, ...others] = draft.tiles;
  const named = tileOptionsGiven(options);
  if (named.length === 0 || !tile) {
    return;
  }
  if (others.length > 0) {
    throw usageError(
      `${named.join(', ')} cannot say which of the ${draft.tiles.length} analyses is meant.`,
      'Write it into the definition.',
    );
  }
  const { definition } = tile;
  if (options.command !== undefined) {
    definition.command = options.command;
  }
  if (options.analysis !== undefined) {
    definition.analysis = readAnalysis(options.analysis);
  }
  if (options.coreType !== undefined) {
    tile.coreType = options.coreType;
    tile.isCoreTypeTyped = true;
  }
  if (options.cores !== undefined) {
    tile.cores = options.cores;
    delete tile.coresAreLeast;
  }
  if (options.slots !== undefined) {
    tile.slots = options.slots;
  }
  if (options.walltime !== undefined) {
    tile.walltimeHours = options.walltime;
  }
  if (options.env.length > 0) {
    definition.envVars = { ...definition.envVars, ...readEnvironment(options.env) };
  }
  tile.localInputs.push(...options.input.map(toLocalInput));
  const existing = options.existingFile.map((id) => ({ id }));
  definition.inputFiles = [...(definition.inputFiles ?? []), ...existing];
}

function tileOptionsGiven(options: JobOptions): string[] {
  const given: [option: string, isGiven: boolean][] = [
    ['--command', options.command !== undefined],
    ['--analysis', options.analysis !== undefined],
    ['--core-type', options.coreType !== undefined],
    ['--cores', options.cores !== undefined],
    ['--slots', options.slots !== undefined],
    ['--walltime', options.walltime !== undefined],
    ['--env', options.env.length > 0],
    ['--input', options.input.length > 0],
    ['--existing-file', options.existingFile.length > 0],
  ];
  return given.filter(([, isGiven]) => isGiven).map(([option]) => option);
}

/** A path given on the command line as an input: archives are unpacked where the job runs. */
export function toLocalInput(path: string): LocalInput {
  return { path, decompress: true };
}

/** `code` or `code:version`. */
function readAnalysis(given: string): NonNullable<DraftTile['definition']['analysis']> {
  const [code = '', version] = given.split(/:(.*)/s);
  if (code === '' || version === '') {
    throw usageError(`--analysis takes code or code:version, not "${given}".`, 'See `quarry analyses`.');
  }
  return version === undefined ? { code } : { code, version };
}

function readEnvironment(given: readonly string[]): Record<string, string> {
  const variables = new Map<string, string>();
  for (const each of given) {
    const at = each.indexOf('=');
    if (at < 1) {
      throw usageError(`--env takes NAME=VALUE, not "${each}".`);
    }
    variables.set(each.slice(0, at), each.slice(at + 1));
  }
  return Object.fromEntries(variables);
}
