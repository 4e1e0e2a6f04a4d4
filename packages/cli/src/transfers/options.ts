import { choice, flag, integer, texts, type ValuesOf } from '../command.ts';
import { usageError } from '../errors.ts';

/** Which files of many. */
export const selectionOptions = {
  include: texts('--include <pattern>', 'only what matches, such as *.vtk or run1/**; may be repeated'),
  exclude: texts('--exclude <pattern>', 'nothing that matches, even if it is included; may be repeated'),
};

export const streamsOption = {
  streams: integer('--streams <n>', 'exactly so many connections; as many as pay unless told otherwise'),
};

/** `--no-resume` for downloads and for uploads. */
export const resumeOption = {
  resume: flag('--no-resume', 'begin anew, whatever an earlier attempt left'),
};

/** What to do with local files that are there. */
export const existingOptions = {
  existing: choice('--existing <what>', 'files that are there already', ['refuse', 'replace', 'same']),
  force: flag('--force', 'replace files that are there already: --existing replace'),
  skipSame: flag('--skip-same', 'leave those of the same bytes, replace others: --existing same'),
};

/** The one wish that the options express. */
export function existingOf({
  existing,
  force,
  skipSame,
}: ValuesOf<typeof existingOptions>): 'refuse' | 'replace' | 'same' {
  const wishes = [existing, force && ('replace' as const), skipSame && ('same' as const)];
  const [wish = 'refuse', other] = [
    ...new Set(wishes.filter((each) => each !== false && each !== undefined)),
  ];
  if (other === undefined) {
    return wish;
  }
  throw usageError(
    `Files that are there cannot be both: ${wish} and ${other}.`,
    'Give one of --existing, --force, --skip-same.',
  );
}

/** What an interrupted download says: of several files, those that are complete are in the way otherwise. */
export function howToGoOn(
  { existing, resume }: { existing?: string; resume?: boolean },
  isSingle: boolean,
): string {
  const option = isSingle || existing === 'same' ? '' : ' and --skip-same';
  return resume === false
    ? 'Files that are complete are kept.'
    : `What has come is kept: go on with the same command${option}.`;
}

/** How patterns read, for the help of commands. */
export const PATTERNS_HELP =
  'A pattern without / means a name at any depth, any other one the path from the top on; * stays within a name, ** ' +
  'does not, {a,b} is either. A folder means all that is in it.';
