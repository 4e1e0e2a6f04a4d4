/**
 * The directories of storage devices: `<devices>/<id>/content` is what jobs have, and nothing above it is seen by any of them.
 * What lies below it is made by jobs and opened by the door alone; what is on its way there lies in `<id>/incoming`.
 */
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '@quarry/agent/files/remove-tree';
import type { Database } from '../db/database.ts';
import { findDeletedDevices, findLivingDevices } from '../db/queries/storage-devices.ts';
import type { Logger } from '../logger.ts';
import { syncDirectory } from '../storage/fs/directories.ts';

/** Jobs may run as another user than the server, and only who is given the directory gets so far. */
const CONTENT_MODE = 0o777;

export interface DeviceDirectories {
  /** What jobs have of a device. */
  contentOf(deviceId: string): string;
  /** Where what is brought to it is written before it gets its place; on the same file system, and out of reach of jobs. */
  incomingOf(deviceId: string): string;
  /** Makes the directory of a device so that it survives a power cut; may be repeated. */
  make(deviceId: string): Promise<void>;
  /** Removes all of a device that was deleted; what cannot be removed is logged once and stays for `tidy`. */
  remove(deviceId: string, signal: AbortSignal): Promise<{ left: string | null }>;
  /** Looks, before anything is brought to devices, what was on its way there or taken away when the server before ended. */
  noteLeftBehind(): Promise<void>;
  /** Removes that. */
  removeLeftBehind(signal: AbortSignal): Promise<{ removed: number }>;
  /** Removes those of devices that were deleted, or those of no device, each for itself. */
  tidy(which: 'deleted' | 'unknown', signal: AbortSignal): Promise<{ removed: number; left: number }>;
}

const AT_ONCE = 500;

export function createDeviceDirectories({
  directory,
  database,
  logger,
}: {
  /** Where all of them are. */
  directory: string;
  database: Database;
  logger: Logger;
}): DeviceDirectories {
  const told = new Map<string, string>();
  const leftBehind = new Set<string>();
  const contentOf = (deviceId: string) => join(directory, deviceId, 'content');
  const incomingOf = (deviceId: string) => join(directory, deviceId, 'incoming');

  async function remove(deviceId: string, signal: AbortSignal): Promise<{ left: string | null }> {
    const path = join(directory, deviceId);
    const { left } = await removeTree(path, signal);
    if (left === null) {
      told.delete(path);
    } else if (!signal.aborted && told.get(path) !== left) {
      told.set(path, left);
      logger.error({ path, left }, 'a deleted storage device could not be removed; it is tried again');
    }
    return { left };
  }

  return {
    contentOf,
    incomingOf,
    async make(deviceId) {
      for (const path of [contentOf(deviceId), incomingOf(deviceId)]) {
        await mkdir(path, { recursive: true, mode: 0o700 });
      }
      await chmod(contentOf(deviceId), CONTENT_MODE);
      await syncDirectory(join(directory, deviceId));
      await syncDirectory(directory);
    },
    remove,
    async noteLeftBehind() {
      for (const deviceId of await readdir(directory)) {
        const incoming = incomingOf(deviceId);
        for (const name of await readdir(incoming).catch(() => [])) {
          leftBehind.add(join(incoming, name));
        }
      }
    },
    async removeLeftBehind(signal) {
      let removed = 0;
      for (const path of leftBehind) {
        if ((await removeTree(path, signal)).left === null) {
          leftBehind.delete(path);
          removed += 1;
        }
      }
      return { removed };
    },
    async tidy(which, signal) {
      const done = { removed: 0, left: 0 };
      const names = await readdir(directory);
      for (let from = 0; from < names.length; from += AT_ONCE) {
        const some = names.slice(from, from + AT_ONCE);
        const [living, deleted] = [
          await findLivingDevices(database.read, some),
          await findDeletedDevices(database.read, some),
        ];
        for (const name of some) {
          if (signal.aborted) {
            return done;
          }
          const is = deleted.has(name) ? 'deleted' : living.has(name) ? 'living' : 'unknown';
          if (is !== which) {
            continue;
          }
          const { left } = await remove(name, signal);
          done[left === null ? 'removed' : 'left'] += 1;
        }
      }
      return done;
    },
  };
}
