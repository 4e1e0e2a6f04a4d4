import { chownSync } from 'node:fs';
import { TreeCursor } from './cursor.ts';
import { inodeAt, listEntries, lookAt, Opened, openEntry } from './door.ts';
import { Pace } from './pace.ts';
import type { RawName } from './raw-name.ts';

/**
 * Gives entries of a directory, with all that is in them, to a user; links are given away themselves. The path is one that no
 * job can change. Throws as the system does where that is not allowed, and others get their turn all the while.
 */
export async function ownTree(
  directory: string,
  names: readonly RawName[],
  { uid, gid }: { uid: number; gid: number },
): Promise<void> {
  using cursor = new TreeCursor(directory, { access: 0 });
  const pace = new Pace();
  const levels: RawName[][] = [[...names]];
  for (let left = levels.at(-1); left !== undefined; left = levels.at(-1)) {
    const name = left.pop();
    if (name === undefined) {
      levels.pop();
      if (levels.length > 0) {
        cursor.leave();
      }
    } else {
      using entry = new Opened(openEntry(cursor.fd, name));
      chownSync(inodeAt(entry.fd), uid, gid);
      if (lookAt(cursor.fd, name)?.isDirectory()) {
        cursor.enter(name);
        levels.push([...listEntries(cursor.fd)].map((entry) => entry.name));
      }
    }
    if (pace.isDue) {
      await pace.rest();
    }
  }
}
