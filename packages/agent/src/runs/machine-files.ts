/**
 * The files that tell a command its hosts. They are the same for all runs of a cluster, and making files is slow
 * where many were deleted, so a run gets those of one that has ended as further names, unless they were touched.
 */
import { type BigIntStats, closeSync, linkSync, lstatSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createFile, entryAt, lookAt, removeFile } from '../files/door.ts';
import { rawOf } from '../files/raw-name.ts';

/** In the home of each run. */
export const MACHINE_FILES = ['machinefile', 'machinefile.openmpi', 'hosts'] as const;

const MODE = 0o644;

interface Placed {
  home: string;
  stamps: string[];
}

export class MachineFiles {
  readonly #contents: [name: string, text: string][];
  readonly #own: (fd: number) => void;
  readonly #unused: Placed[] = [];
  readonly #used = new Map<string, Placed>();

  constructor(cores: number, own: (fd: number) => void) {
    this.#own = own;
    const host = hostname();
    const [plain, openMpi, hosts] = MACHINE_FILES;
    this.#contents = [
      [plain, `${host}\n`.repeat(cores)],
      [openMpi, `${host} slots=${cores}\n`],
      [hosts, `${host}\n`.repeat(cores)],
    ];
  }

  /** Puts them into the home of a run, which is open. */
  place(home: string, directory: number): void {
    const earlier = this.#unused.pop();
    for (const [index, [name, text]] of this.#contents.entries()) {
      if (earlier === undefined || !links(earlier, index, directory, name)) {
        this.#write(directory, name, text);
      }
    }
    const stamps = this.#contents.map(([name]) => stampOf(lookAt(directory, rawOf(name))));
    this.#used.set(home, { home, stamps });
  }

  /** The run has ended and its home is in its own directory: nobody writes to them any more. */
  takeBack(home: string): void {
    const placed = this.#used.get(home);
    this.#used.delete(home);
    try {
      const stamps = this.#contents.map(([name]) => stampOf(lstatSync(join(home, name), { bigint: true })));
      if (placed !== undefined && !stamps.includes(GONE) && stamps.join() === placed.stamps.join()) {
        this.#unused.push(placed);
      }
    } catch {
      // Removed by the command, or out of our reach.
    }
  }

  #write(directory: number, name: string, text: string): void {
    const fd = createFile(directory, rawOf(name), MODE);
    try {
      writeSync(fd, text);
      this.#own(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** Where there is no such file. */
const GONE = '';

/** The time of the last change of the inode cannot be set back. */
function stampOf(stats: BigIntStats | undefined): string {
  return stats?.isFile() === true ? `${stats.ino}:${stats.size}:${stats.ctimeNs}` : GONE;
}

/** False where it could not be done, or was done with something that is not that file any more. */
function links({ home, stamps }: Placed, index: number, directory: number, name: string): boolean {
  try {
    linkSync(join(home, name), entryAt(directory, rawOf(name)));
  } catch {
    // Its directory is gone, or it has as many names as a file can have.
    return false;
  }
  const [ino, sizeBytes] = stampOf(lookAt(directory, rawOf(name))).split(':');
  const isSame = stamps[index]!.startsWith(`${ino}:${sizeBytes}:`);
  if (!isSame) {
    removeFile(directory, rawOf(name));
  }
  return isSame;
}
