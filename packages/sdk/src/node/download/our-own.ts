import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const WRITABLE_BY_OTHERS = 0o022;

/**
 * Whether a file beside the target is this user's own. In a directory that others can write to they may have laid it
 * there, and whoever owns it could change it after it was compared. Elsewhere the owner says nothing: some file systems
 * show the same one for everything.
 */
export async function isOurs(path: string, { uid, mode }: Stats): Promise<boolean> {
  const me = process.geteuid?.();
  const directory = await stat(dirname(path));
  if (me === undefined || (directory.mode & WRITABLE_BY_OTHERS) === 0) {
    return true;
  }
  return uid === me && (mode & 0o002) === 0;
}
