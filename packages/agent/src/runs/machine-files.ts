/**
 * The files that tell a command its hosts. They are the same for all runs of a cluster, and making files is slow
 * where many were deleted, so a run gets those of one that has ended as further names, unless they were touched.
 */
import { linkSync, lstatSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** In the home of each run. */
export const MACHINE_FILES = ['machinefile', 'machinefile.openmpi', 'hosts'] as const;

interface Placed {
  home: string;
  stamps: string[];
}

export class MachineFiles {
  readonly #contents: [name: string, text: string][];
  readonly #own: (path: string) => void;
  readonly #unused: Placed[] = [];
  readonly #used = new Map<string, Placed>();

  constructor(cores: number, own: (path: string) => void) {
    this.#own = own;
    const host = hostname();
    const [plain, openMpi, hosts] = MACHINE_FILES;
    this.#contents = [
      [plain, `${host}\n`.repeat(cores)],
      [openMpi, `${host} slots=${cores}\n`],
      [hosts, `${host}\n`.repeat(cores)],
    ];
  }

  /** Puts them into the home of a run. */
  place(home: string): void {
    const earlier = this.#unused.pop();
    for (const [name, text] of this.#contents) {
      if (earlier === undefined || !links(join(earlier.home, name), join(home, name))) {
        writeFileSync(join(home, name), text);
        this.#own(join(home, name));
      }
    }
    this.#used.set(home, { home, stamps: this.#stampsOf(home) });
  }

  /** The run has ended: nobody writes to them any more. */
  takeBack(home: string): void {
    const placed = this.#used.get(home);
    this.#used.delete(home);
    try {
      if (placed !== undefined && this.#stampsOf(home).join() === placed.stamps.join()) {
        this.#unused.push(placed);
      }
    } catch {
      // Removed by the command.
    }
  }

  /** The time of the last change of the inode cannot be set back. */
  #stampsOf(home: string): string[] {
    return this.#contents.map(([name]) => {
      const { ino, size, ctimeNs } = lstatSync(join(home, name), { bigint: true });
      return `${ino}:${size}:${ctimeNs}`;
    });
  }
}

function links(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    // Its directory is gone, or it has as many names as a file can have.
    return false;
  }
}
