import { lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { LocalFileError } from '../errors.ts';
import { makeDirectories } from './make-directories.ts';

/**
 * A directory that is written into by names from elsewhere. It may be a link itself, since its user named it; below it
 * no link is followed out of it: someone may have planted one, or an archive may have brought it.
 */
export class Enclosure {
  readonly #directory: string;
  #root: Promise<string> | undefined;
  /** Directories that were looked at, so that a tree of many files asks once for each. */
  readonly #looked = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Where a safe relative path lies in it. `LocalFileError` with `leads_outside` when a link on the way, or the target
   * itself, leads out; with `not_directory` when a file stands where a directory must be.
   */
  async pathOf(place: string): Promise<string> {
    this.#root ??= this.#open();
    const root = await this.#root;
    await this.#lookAt(dirname(place), place, root);
    const path = join(this.#directory, place);
    if ((await kindOf(path)) === 'link') {
      await this.#refuseOutside(path, place, root);
    }
    return path;
  }

  async #open(): Promise<string> {
    await makeDirectories(this.#directory);
    return realpath(this.#directory);
  }

  /** False when there is nothing yet at `step`, and so nothing below it. */
  async #lookAt(step: string, place: string, root: string): Promise<boolean> {
    if (step === '.' || this.#looked.has(step)) {
      return true;
    }
    if (!(await this.#lookAt(dirname(step), place, root))) {
      return false;
    }
    const path = join(this.#directory, step);
    const kind = await kindOf(path);
    if (kind === 'nothing') {
      return false;
    }
    if (kind === 'file') {
      throw new LocalFileError('not_directory', `${path} is a file; ${place} needs a directory there.`, {
        hint: 'Move it away, or choose another directory.',
      });
    }
    if (kind === 'link') {
      await this.#refuseOutside(path, place, root);
    }
    this.#looked.add(step);
    return true;
  }

  async #refuseOutside(path: string, place: string, root: string): Promise<void> {
    const real = await realpath(path).catch(() => null);
    const way = real === null ? '..' : relative(root, real);
    if (!isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`)) {
      return;
    }
    const where = real === null ? 'to nothing' : `to ${real}, outside of ${this.#directory}`;
    throw new LocalFileError(
      'leads_outside',
      `${path} is a link that leads ${where}; ${place} is not written through it.`,
      {
        hint: 'Remove the link, or choose another directory.',
      },
    );
  }
}

async function kindOf(path: string): Promise<'nothing' | 'directory' | 'link' | 'file'> {
  try {
    const facts = await lstat(path);
    if (facts.isSymbolicLink()) {
      return 'link';
    }
    return facts.isDirectory() ? 'directory' : 'file';
  } catch {
    // What cannot be looked at cannot be written to either, and writing says why.
    return 'nothing';
  }
}
