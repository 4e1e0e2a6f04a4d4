import { randomUUID } from 'node:crypto';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { FileObject } from '@quarry/contract';
import { makeDirectories } from './make-directories.ts';
import { safePath, shortName } from './safe-path.ts';

export interface OutputPathsOptions {
  /** Where the tree is written. */
  directory: string;
  /** Whether the job has more runs than one; asked when a path does not tell the run of its file. */
  hasSeveralRuns: () => Promise<boolean>;
  /** Whether its disk takes names that differ in case only for one; found out when absent. */
  foldsCase?: () => Promise<boolean>;
}

interface Taken {
  spelled: string;
  isDirectory: boolean;
}

/**
 * Gives each output of a job its path below a directory, all different, one after the other in the order of the list:
 * its path relative to the work directory, made safe. Outputs of several runs go to `run1/`, `run2/` and so on. Where a
 * name is taken, also by one that differs in case only on a disk that does not mind case, `.2` and so on follows it.
 */
export class OutputPaths {
  readonly #options: OutputPathsOptions;
  readonly #taken = new Map<string, Taken[]>();
  /** How many paths a name has by now, so that a list of one name again and again stays quick. */
  readonly #copies = new Map<string, number>();
  #severalRuns: Promise<boolean> | undefined;
  #foldsCase: Promise<boolean> | undefined;

  constructor(options: OutputPathsOptions) {
    this.#options = options;
  }

  /** The path of an output as its run knows it, on which patterns are matched; not safe yet. */
  async relativePathOf(file: FileObject): Promise<string> {
    const plain = file.relativePath || file.name;
    const run = /\/run(\d+)\//.exec(file.path ?? '')?.[1];
    if (run === undefined || plain.startsWith(`run${run}/`)) {
      return plain;
    }
    this.#severalRuns ??= this.#options.hasSeveralRuns();
    return (await this.#severalRuns) ? `run${run}/${plain}` : plain;
  }

  /** A path of its own for a wanted one, taken from now on. */
  async take(relativePath: string): Promise<string> {
    const names = safePath(relativePath).split('/');
    let place = '';
    for (const [index, name] of names.entries()) {
      const isDirectory = index < names.length - 1;
      const wanted = posix.join(place, name);
      place = wanted;
      const first = isDirectory ? 2 : (this.#copies.get(wanted) ?? 2);
      for (let copy = first; await this.#isTaken(place, isDirectory); copy++) {
        place = posix.join(posix.dirname(wanted), shortName(`${name}.${copy}`));
        if (!isDirectory) {
          this.#copies.set(wanted, copy);
        }
      }
      this.#add({ spelled: place, isDirectory });
    }
    return place;
  }

  async #isTaken(place: string, isDirectory: boolean): Promise<boolean> {
    for (const taken of this.#taken.get(fold(place)) ?? []) {
      if (taken.isDirectory && isDirectory) {
        continue;
      }
      if (taken.spelled === place) {
        return true;
      }
      this.#foldsCase ??= this.#options.foldsCase?.() ?? foldsCase(this.#options.directory);
      if (await this.#foldsCase) {
        return true;
      }
    }
    return false;
  }

  #add(taken: Taken): void {
    const key = fold(taken.spelled);
    const others = this.#taken.get(key);
    if (others === undefined) {
      this.#taken.set(key, [taken]);
    } else if (!others.some(({ spelled }) => spelled === taken.spelled)) {
      others.push(taken);
    }
  }
}

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

/** Whether names that differ in case only are one file there, found by making one. */
async function foldsCase(directory: string): Promise<boolean> {
  const name = `.quarry-${randomUUID()}.probe`;
  const path = join(directory, name);
  try {
    await makeDirectories(directory);
    await writeFile(path, '', { flag: 'wx' });
    return await stat(join(directory, name.toUpperCase())).then(
      () => true,
      () => false,
    );
  } catch {
    return false;
  } finally {
    await rm(path, { force: true }).catch(() => {});
  }
}
