import { constants } from 'node:fs';
import { copyFile, link, open } from 'node:fs/promises';
import { systemCode } from './errors.ts';
import { NO_LINKS } from './unsealed.ts';

/** The same bytes under another name; a file system without hard links gets a copy. */
export async function linkOrCopy(path: string, other: string): Promise<void> {
  try {
    await link(path, other);
  } catch (error) {
    if (!NO_LINKS.has(systemCode(error))) {
      throw error;
    }
    await copyFile(path, other, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    await makeDurable(other);
  }
}

/** Makes a whole file read-only, and its bytes survive a power cut. */
export async function makeDurable(path: string): Promise<void> {
  await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  await handle.chmod(0o444);
  await handle.sync();
}
