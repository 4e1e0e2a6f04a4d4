import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { recordPath } from './record.ts';

/** Of a record only its end is looked at: behind the verdict there are names of files that were moved, at most. */
const END_BYTES = 256 * 1024;
const [VERDICT, CUT, ASIDE] = ['{"verdict":', '"isCut":true}', '{"aside":'];

/** Whether the record in a run's directory says that all commands of the run are over, so that what it left is collected. */
export function commandsAreOver(directory: string): boolean {
  let fd: number;
  try {
    fd = openSync(recordPath(directory), constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return false;
  }
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.min(size, END_BYTES));
    readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.toString('latin1').split('\n').slice(0, -1);
    const last = lines.findLast((line) => !line.startsWith(ASIDE));
    if (last === undefined) {
      return lines.length > 0;
    }
    // The one whose end is looked at may begin before it, among such names.
    const isBegun = last === lines[0] && size > END_BYTES;
    return isBegun ? lines.length > 1 : last.startsWith(VERDICT) && !last.endsWith(CUT);
  } finally {
    closeSync(fd);
  }
}
