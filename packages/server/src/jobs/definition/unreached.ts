import type { SweepPlan } from '../../sweeps/plan.ts';
import type { StoredDefinition } from './stored.ts';

/** Names that a warning lists. */
const NAMES_TOLD = 5;

type Definition = Pick<StoredDefinition, 'jobanalyses' | 'storageDevices'>;

/**
 * The variables of a sweep where none of them is in a template, which has `used`, or in a command. Then they vary nothing that can
 * be seen here: commands may still read them from their environment.
 */
export function unreachedOf(
  { jobanalyses }: Definition,
  { variables }: Pick<SweepPlan, 'variables'>,
  used: ReadonlySet<string>,
): string[] {
  const names = variables.map(({ name }) => name);
  const commands = jobanalyses
    .flatMap((tile) => [tile.command, tile.preProcessScriptCommand, tile.postProcessScriptCommand])
    .join('\n');
  const words = new Set(commands.split(/\W+/).map((word) => word.replace(/^QUARRY_PARAM_/, '')));
  // A name that is no single word is looked for as it is.
  const isReached = (name: string) =>
    used.has(name) || words.has(name) || (/\W/.test(name) && commands.includes(name));
  return names.some(isReached) ? [] : names;
}

export function warnOfUnreached(
  names: readonly string[],
  { jobanalyses, storageDevices }: Definition,
  warn: (text: string) => void,
): void {
  const [first] = names;
  if (first === undefined) {
    return;
  }
  const told = names.slice(0, NAMES_TOLD).join(', ') + (names.length > NAMES_TOLD ? ' and others' : '');
  const mayBeRead =
    storageDevices.length > 0 ||
    jobanalyses.some(
      (tile) =>
        tile.inputFiles.length > 0 || tile.preProcessScript !== null || tile.postProcessScript !== null,
    );
  const rest = mayBeRead
    ? `Unless a program or script reads them from its environment (QUARRY_PARAM_${first}), all runs are the same.`
    : `All runs are the same, unless a program reads them from its environment (QUARRY_PARAM_${first}).`;
  warn(`No template and no command has ${told}. ${rest}`);
}
