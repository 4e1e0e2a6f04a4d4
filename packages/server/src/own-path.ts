import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Who else could change what lies at a path, or put something else in its place, in words; null when only its user (this
 * process's unless told otherwise) and root can. Links are followed first; throws where the path cannot be looked at.
 */
export function whoElseMayChange(
  path: string,
  user: number | undefined = process.geteuid?.(),
): string | null {
  // Without users of this kind, temporary directories and homes are each user's own.
  if (user === undefined) {
    return null;
  }
  const real = realpathSync(path);
  for (let at = real; ; at = dirname(at)) {
    const { uid, mode } = lstatSync(at);
    if (uid !== user && uid !== 0) {
      return `${at} belongs to another user (${uid})`;
    }
    // In a directory with the sticky bit others cannot rename or remove what is not theirs.
    const isSticky = at !== real && (mode & STICKY) !== 0;
    if ((mode & WRITABLE_BY_OTHERS) !== 0 && !isSticky) {
      return `${at} can be written to by others (mode ${(mode & 0o7777).toString(8)})`;
    }
    if (at === dirname(at)) {
      return null;
    }
  }
}
