import type { ParsedJobDefinition } from '@quarry/contract';
import type { Person } from '../../access/caller.ts';
import { findFile } from '../../db/queries/files-find.ts';
import { findAttachableFiles, findMaxJobHours, findUsableProjects } from '../../db/queries/find-site.ts';
import {
  attachedFiles,
  checkDefinition,
  refuseTooMuch,
  type Site,
} from '../../jobs/definition/check-definition.ts';
import { checkTemplates } from '../../jobs/definition/check-templates.ts';
import { outputVariables, type StoredDefinition } from '../../jobs/definition/stored.ts';
import { invalidFields, tooLarge } from '../../problems.ts';
import { fillSeeds, isSweep, planSweep, type ReadFile, type SweepPlan } from '../../sweeps/plan.ts';
import { readBytes } from '../files/open-bytes.ts';
import type { JobsContext } from './context.ts';

type Owner = Pick<Person, 'userId' | 'role'>;

/** A definition as it is stored, with the runs that it stands for. */
export interface Settled {
  definition: StoredDefinition;
  plan: SweepPlan;
}

/** What a job without parameters executes: its tiles, once. */
const ONE_RUN: SweepPlan = { variables: [], count: 1, values: () => [] };

/**
 * Settles what a client sent against the site, for the user who owns the job. A `site` that was found before, for
 * this definition among others, saves the look.
 */
export async function settleDefinition(
  context: JobsContext,
  owner: Owner,
  wanted: ParsedJobDefinition,
  warn: (text: string) => void,
  site?: Site,
): Promise<Settled> {
  refuseTooMuch(wanted);
  const checked = checkDefinition(wanted, site ?? (await findSite(context, owner, [wanted])), warn);
  const definition = { ...checked, jobvariables: fillSeeds(checked.jobvariables) };
  const plan = await planRuns(context, definition, warn);
  await checkTemplates(definition, plan, readerOf(context));
  if (!isSweep(definition)) warnOfOneRun(definition, warn);
  else warnOfFewerSlots(context, definition, plan, warn);
  const outputs = outputVariables(definition);
  return { definition: { ...definition, jobvariables: [...plan.variables, ...outputs] }, plan };
}

/** The runs that a settled definition stands for; the same each time. */
export function planRuns(
  context: JobsContext,
  definition: StoredDefinition,
  warn?: (text: string) => void,
): Promise<SweepPlan> {
  return isSweep(definition)
    ? planSweep(definition, { readFile: readerOf(context), warn })
    : Promise.resolve(ONE_RUN);
}

/** What definitions of a user are checked against: one look for all of them. */
export async function findSite(
  context: JobsContext,
  owner: Owner,
  definitions: readonly ParsedJobDefinition[],
): Promise<Site> {
  const { read } = context.database;
  const projects = await findUsableProjects(read, owner);
  const files = definitions.flatMap(attachedFiles).map(({ id }) => id);
  return {
    catalog: context.catalog(),
    projects: projects.map(({ id, name, is_default }) => ({ id, name, isDefault: is_default === 1 })),
    requiresProject: context.site.requiresProject,
    maxJobHours: await maxJobHours(context, owner.userId),
    attachable: await findAttachableFiles(read, owner, files),
  };
}

/** The longest walltime that a user's jobs may ask for, in hours. */
export async function maxJobHours(context: JobsContext, userId: string): Promise<number> {
  return (await findMaxJobHours(context.database.read, userId)) ?? context.site.maxJobHours;
}

/** Slots that a job can use: what is not used is neither held nor charged. */
export function usableSlots(definition: StoredDefinition, plan: SweepPlan): number {
  const { slots } = definition.jobanalyses[0]!.hardware;
  // An optimizer decides as it goes how many runs there are.
  return definition.optimizer ? slots : Math.max(1, Math.min(slots, plan.count));
}

/** Reads files that a checked definition attaches. */
function readerOf(context: JobsContext): ReadFile {
  const { database } = context;
  return async (fileId, limitBytes) => {
    const file = await findFile(database.read, fileId);
    if (!file) throw invalidFields({ non_field_errors: [`The file ${fileId} has been deleted.`] });
    if (file.size_bytes > limitBytes) {
      throw tooLarge(
        `${file.name} (${fileId}) has ${file.size_bytes} bytes; at most ${limitBytes} are read of such a file.`,
        'Attach it as an input file if commands read it themselves.',
      );
    }
    return await readBytes(context, file);
  };
}

function warnOfOneRun(definition: StoredDefinition, warn: (text: string) => void): void {
  if (definition.jobanalyses[0]!.hardware.slots > 1) {
    warn('hardware.slots has no effect on a job with one run: it holds one slot and is charged for one.');
  }
  const withoutEffect = {
    monteCarloIterations: definition.monteCarloIterations !== null,
    includeNominalRun: definition.includeNominalRun,
  };
  for (const [field, given] of Object.entries(withoutEffect)) {
    if (given) warn(`${field} has no effect on a job that varies nothing.`);
  }
}

function warnOfFewerSlots(
  context: JobsContext,
  definition: StoredDefinition,
  plan: SweepPlan,
  warn: (text: string) => void,
): void {
  const { coresPerSlot } = definition.jobanalyses[0]!.hardware;
  const slots = usableSlots(definition, plan);
  const granted = context.site.grantedSlots({ slots, coresPerSlot });
  if (granted < slots) {
    warn(
      `This platform has room for ${granted} of the ${slots} slots of ${coresPerSlot} ${coresPerSlot === 1 ? 'core' : 'cores'}; the sweep will run with those.`,
    );
  }
}
