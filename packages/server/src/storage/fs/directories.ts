import { closeSync, existsSync, fsync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const flush = promisify(fsync);

/** Fewer than Node's pool has threads: uploads and downloads share it, and one sync makes the next ones short. */
const SYNCED_AT_ONCE = 2;

/** Ends the name of a blob whose inode came from a job. */
export const UNSEALED = '.job';

/**
 * The directories of blobs, `ab` of the digest. A name that was put into one survives a power cut only when that
 * directory is synced, and a directory that was made only when those above it are. So whoever puts a blob in its
 * place notes here what that changed, and writes the row after `sync`; each directory is synced once for many blobs.
 */
export class BlobDirectories {
  readonly #root: string;
  /** Made by this process, and not known yet to survive. */
  readonly #made = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Where the blob of a digest lies, or is to lie when it is sealed. */
  locate(sha512: string): string {
    return this.places(sha512).find((path) => existsSync(path)) ?? this.locateSealed(sha512);
  }

  /** Where a sealed blob of a digest lies, or is to lie; see unsealed.ts. */
  locateSealed(sha512: string): string {
    return join(this.#root, sha512.slice(0, 2), sha512);
  }

  /** Where the blob of a digest lies whose inode came from a job. */
  unsealedPlaceOf(sha512: string): string {
    return `${this.locateSealed(sha512)}${UNSEALED}`;
  }

  /** Everywhere that the blob of a digest may lie; the first that is there counts. */
  places(sha512: string): string[] {
    return [this.locateSealed(sha512), this.unsealedPlaceOf(sha512)];
  }

  /** Makes the directory for a blob. */
  makeFor(blob: string): void {
    this.#made.add(dirname(blob));
    mkdirSync(dirname(blob), { recursive: true });
  }

  /** Adds to `changed` what must be synced now that a blob was put in its place. */
  notePut(blob: string, changed: Set<string>): void {
    changed.add(dirname(blob));
    if (this.#made.has(dirname(blob))) {
      changed.add(this.#root);
    }
  }

  /** The same for a blob that was there: the process that put it there may have been killed before it came to the sync. */
  noteFound(blob: string, changed: Set<string>): void {
    changed.add(dirname(blob));
    changed.add(this.#root);
  }

  /** Resolves when everything noted survives a power cut. */
  async sync(changed: ReadonlySet<string>): Promise<void> {
    const left = changed.values();
    const work = async () => {
      for (const directory of left) {
        await syncDirectory(directory);
      }
    };
    await Promise.all(Array.from({ length: SYNCED_AT_ONCE }, work));
    for (const directory of changed) {
      if (changed.has(dirname(directory))) {
        this.#made.delete(directory);
      }
    }
  }
}

/** Makes names that were put into a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  // Opening and closing take microseconds; as work for the pool each would take several times that.
  const fd = openSync(path, 'r');
  try {
    await flush(fd);
  } finally {
    closeSync(fd);
  }
}
