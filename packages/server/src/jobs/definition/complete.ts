import type { Catalog } from '../../catalog/types.ts';
import type { Queries } from '../../db/database.ts';
import { findFile } from '../../db/queries/files-find.ts';
import type { StoredFile } from '../../files/open-bytes.ts';
import { invalidFields, tooLarge } from '../../problems.ts';
import type { SlotWish } from '../../schedulers/scheduler.ts';
import { fillSeeds, isSweep, planSweep, type SweepPlan } from '../../sweeps/plan.ts';
import type { ReadFile } from '../../sweeps/read-file.ts';
import { outputVariables } from '../../sweeps/variables.ts';
import { pickRuns } from '../restarts/pick-runs.ts';
import { checkDefinition, refuseTooMuch } from './check-definition.ts';
import { checkTemplates } from './check-templates.ts';
import { definitionColumns, gpusPerSlot, usableSlots } from './columns.ts';
import { findOffer, type Offer, type Owner } from './offer.ts';
import { refuseDevicesElsewhere } from './refuse-devices-elsewhere.ts';
import type { StoredDefinition, WantedDefinition } from './stored.ts';
import { unreachedOf, warnOfUnreached } from './unreached.ts';

/** Reads all bytes of a small file; refuses where they are damaged. */
export type ReadAttached = (file: StoredFile) => Promise<Buffer>;

interface Needs {
  queries: Queries;
  catalog: () => Catalog;
  readAttached: ReadAttached;
  site: {
    requiresProject: boolean;
    maxJobHours: number;
    /** The walltime of jobs that name none, in hours; null for the longest. */
    defaultJobHours: number | null;
    /** Whether commands are kept in a sandbox. */
    hasSandbox: boolean;
    /** Where agents work that share no files with the server; null where they share them. */
    agentDirectory: string | null;
    grantedSlots: (wish: SlotWish) => number;
  };
}

/** A definition as it is stored, with the runs that it stands for, and the columns of its job. */
export interface CompleteDefinition {
  definition: StoredDefinition;
  plan: SweepPlan;
  columns: ReturnType<typeof definitionColumns>;
  /** Names of all its variables where no template and no command has one of them; else none. */
  unreached: string[];
}

/** What a job without parameters executes: its tiles, once. */
const ONE_RUN: SweepPlan = { variables: [], count: 1, factors: [], withNominal: false, values: () => [] };

/**
 * Checks what a client sent and completes it: project, versions, seeds, and the variables that files bring. An `offer` that
 * was found before, for this definition among others, saves the look; `readFile` reads what is attached elsewhere.
 */
export async function completeDefinition(
  needs: Needs,
  owner: Owner,
  wanted: WantedDefinition,
  {
    warn,
    offer: found,
    readFile = readerOf(needs),
  }: { warn: (text: string) => void; offer?: Offer; readFile?: ReadFile },
): Promise<CompleteDefinition> {
  refuseTooMuch(wanted);
  const offer = found ?? (await findOffer(needs, owner, [wanted]));
  const checked = checkDefinition(wanted, offer, warn);
  refuseDevicesElsewhere(checked.storageDevices, needs.site);
  if (checked.storageDevices.length > 0 && !needs.site.hasSandbox) {
    warn(
      'Commands run without a sandbox here, so storage devices are at $HOME/storage_<id> only, and not at /storage_<id>.',
    );
  }
  const seeded = { ...checked, jobvariables: fillSeeds(checked.jobvariables) };
  const plan = await planOf(seeded, readFile, warn);
  const unreached = unreachedOf(seeded, plan, await checkTemplates(seeded, plan, readFile, warn));
  if (!isSweep(seeded)) {
    warnOfOneRun(seeded, warn);
  } else {
    warnOfFewerSlots(needs, seeded, plan, warn);
    warnOfUnreached(unreached, seeded, warn);
  }
  const definition = { ...seeded, jobvariables: [...plan.variables, ...outputVariables(seeded)] };
  return { definition, plan, columns: definitionColumns({ definition, plan }, offer), unreached };
}

/** The runs that a complete definition stands for; the same each time. */
export function planRuns(
  needs: Pick<Needs, 'queries' | 'readAttached'>,
  definition: StoredDefinition,
): Promise<SweepPlan> {
  return planOf(definition, readerOf(needs));
}

async function planOf(
  definition: StoredDefinition,
  readFile: ReadFile,
  warn?: (text: string) => void,
): Promise<SweepPlan> {
  const plan = isSweep(definition) ? await planSweep(definition, { readFile, warn }) : ONE_RUN;
  return pickRuns(plan, definition);
}

/** Reads files that a checked definition attaches. */
export function readerOf({ queries, readAttached }: Pick<Needs, 'queries' | 'readAttached'>): ReadFile {
  return async (fileId, limitBytes) => {
    const file = await findFile(queries, fileId);
    if (!file) {
      throw invalidFields({ non_field_errors: [`The file ${fileId} has been deleted.`] });
    }
    refuseLarge(`${file.name} (${fileId})`, file.size_bytes, limitBytes);
    return await readAttached(file);
  };
}

/** Refuses an attached file that is too long to be read at once. */
export function refuseLarge(name: string, sizeBytes: number, limitBytes: number): void {
  if (sizeBytes > limitBytes) {
    throw tooLarge(
      `${name} has ${sizeBytes} bytes; at most ${limitBytes} are read of such a file.`,
      'Attach it as an input file if commands read it themselves.',
    );
  }
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
    if (given) {
      warn(`${field} has no effect on a job that varies nothing.`);
    }
  }
}

function warnOfFewerSlots(
  { site, catalog }: Pick<Needs, 'site' | 'catalog'>,
  definition: StoredDefinition,
  plan: SweepPlan,
  warn: (text: string) => void,
): void {
  const { hardware } = definition.jobanalyses[0]!;
  const { coresPerSlot } = hardware;
  const gpus = gpusPerSlot(catalog(), hardware);
  const slots = usableSlots(definition, plan);
  const granted = site.grantedSlots({ slots, coresPerSlot, gpusPerSlot: gpus });
  if (granted < slots) {
    warn(
      `This platform has room for ${granted} of the ${slots} slots of ${coresPerSlot} ${coresPerSlot === 1 ? 'core' : 'cores'}${gpus === 0 ? '' : ` and ${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}`}; the sweep will run with those.`,
    );
  }
}
