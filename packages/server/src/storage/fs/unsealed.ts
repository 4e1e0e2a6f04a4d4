/**
 * Which blobs are unsealed: their inodes were made by a job. Whoever ran in it may have handed an open, writable
 * descriptor to a process that lives on, and against that neither modes nor owners help. So such a blob is the file of that
 * job and of nobody else; before another row may point to it, its place is taken by a sealed one: an inode that the store
 * itself has made, with bytes that were compared with the digest.
 *
 * The name tells, since a holder can change everything else: `<sha512>.job` is unsealed, `<sha512>` is sealed and counts
 * where both are there. Sealing puts the new inode under the first name and then gives it the second as well: a crash
 * in between costs another copy, and the path that agents have in their orders stays.
 */
import { existsSync, lstatSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { link, rename } from 'node:fs/promises';
import { readBootId } from '../../monotonic.ts';
import { StorageFullError } from '../storage.ts';
import { type BlobDirectories, UNSEALED } from './directories.ts';
import { asStorageError, systemCode } from './errors.ts';

/** What a file system says that cannot give a file another name. */
export const NO_LINKS: ReadonlySet<string | undefined> = new Set([
  ...['EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EMLINK'],
]);

export class Unsealed {
  readonly #since: string;
  /** When the store began to tell what comes from jobs, on the clock of its file system; null when nobody can hold what is older. */
  #sinceNs: bigint | null = null;

  /** `since` is a file of the store that tells since when what comes from jobs has a name of its own. */
  constructor(since: string) {
    this.#since = since;
  }

  /**
   * Of the blobs that an earlier version has left it is not known which came from jobs: they count as unsealed until the
   * host has been booted again, when nobody holds them any more. For the one server of a store.
   */
  begin(): void {
    const current = readBootId() ?? '';
    if (!existsSync(this.#since)) {
      try {
        writeFileSync(`${this.#since}.new`, current);
        renameSync(`${this.#since}.new`, this.#since);
      } catch (error) {
        // A full disk is no reason not to serve: until the next start all that is there counts as from before.
        if (!(asStorageError(error, 'noting the time') instanceof StorageFullError)) {
          throw error;
        }
        this.#sinceNs = BigInt(Date.now()) * 1_000_000n;
        return;
      }
    }
    this.#sinceNs = readFileSync(this.#since, 'utf8') === current ? bornAt(this.#since) : null;
  }

  /** Whether the blob that lies there is unsealed. */
  has(blob: string): boolean {
    if (blob.endsWith(UNSEALED)) {
      return existsSync(blob);
    }
    return this.#sinceNs !== null && existsSync(blob) && bornAt(blob) < this.#sinceNs;
  }
}

/** Puts a file that the store has made, whole and durable, in the place of a blob; nothing is left of another one. */
export async function putSealed(
  temporary: string,
  sha512: string,
  directories: BlobDirectories,
): Promise<string> {
  const target = directories.locateSealed(sha512);
  const unsealed = directories.unsealedPlaceOf(sha512);
  if (existsSync(unsealed)) {
    await rename(temporary, unsealed);
    try {
      await link(unsealed, temporary);
    } catch (error) {
      if (!NO_LINKS.has(systemCode(error))) {
        throw error;
      }
      await rename(unsealed, target);
      return target;
    }
  }
  try {
    await rename(temporary, target);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') {
      throw error;
    }
    directories.makeFor(target);
    await rename(temporary, target);
  }
  return target;
}

/** When an inode was made, which nobody can change; where the file system does not note it, when it was last changed. */
function bornAt(path: string): bigint {
  const { birthtimeNs, ctimeNs } = lstatSync(path, { bigint: true });
  return birthtimeNs > 0n ? birthtimeNs : ctimeNs;
}
