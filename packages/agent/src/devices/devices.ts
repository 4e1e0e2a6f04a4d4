/**
 * The storage devices of a job. In a sandbox each is mounted as `/storage_<id>`, and `storage_<id>` in the home of a run is a
 * link there: so a path on a device is the same in every job, also once it is resolved, and nothing of a device ever lies
 * inside the directory of a run. Without a sandbox the link leads to the device's own directory.
 */
import { chmodSync, chownSync, lstatSync, readdirSync, symlinkSync } from 'node:fs';
import type { StorageDeviceMount } from '@quarry/contract';
import { entryAt, lookAt, reasonOf, removeFile } from '../files/door.ts';
import { ownTree } from '../files/own-tree.ts';
import { type RawName, rawOf } from '../files/raw-name.ts';
import { report } from '../report.ts';
import type { Identity } from '../sandbox/identity.ts';
import type { Isolation } from '../sandbox/kind.ts';

/** Jobs may run as another user than those before, and only who is given the directory gets so far. */
const CONTENT_MODE = 0o777;

export interface DeviceLink {
  /** In the home of a run. */
  name: RawName;
  target: string;
}

export interface HostDevices {
  /** Those that this host has. */
  mounts: StorageDeviceMount[];
  /** Ids of those that it has not, or that the job may not have: no run can begin then. */
  missing: string[];
}

/** Looks which devices there are on this host; a sandbox with one that is not cannot be made. */
export function findDevices(devices: readonly StorageDeviceMount[]): HostDevices {
  const isHere = ({ path }: StorageDeviceMount) =>
    lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return {
    mounts: devices.filter(isHere),
    missing: devices.filter((device) => !isHere(device)).map(({ id }) => id),
  };
}

/** What stands in the home of each run, for whatever sandbox there is. */
export function deviceLinks(mounts: readonly StorageDeviceMount[], isolation: Isolation): DeviceLink[] {
  return mounts.map(({ id, path }) => ({
    name: rawOf(`storage_${id}`),
    target: isolation === 'none' ? path : mountPointOf(id),
  }));
}

export function mountPointOf(deviceId: string): string {
  return `/storage_${deviceId}`;
}

/**
 * Gives what lies on the devices to whom commands run as, where an agent that may do so finds that those before were somebody
 * else, such as a server without a sandbox. The directory itself comes last: what was broken off is begun again.
 */
export async function giveDevices(
  mounts: readonly StorageDeviceMount[],
  { uid, gid }: Identity,
): Promise<void> {
  for (const { id, path } of mounts) {
    try {
      // The directory itself belongs to the platform: a job before may have closed it.
      if ((lstatSync(path).mode & CONTENT_MODE) !== CONTENT_MODE) {
        chmodSync(path, CONTENT_MODE);
      }
      if (process.getuid!() === 0 && lstatSync(path).uid !== uid) {
        // Root needs no rights to what others have made.
        const names = uid === 0 ? [] : (readdirSync(path, { encoding: 'latin1' }) as RawName[]);
        await ownTree(path, names, { uid, gid });
        chownSync(path, uid, gid);
      }
    } catch (error) {
      // Another job may have taken something away meanwhile.
      report(
        `Not all of the storage device ${id} could be given to whom commands run as: ${reasonOf(error)}.`,
      );
    }
  }
}

/**
 * Puts the links into a home, which is open. A link of that name that is there already may be of another host or sandbox and
 * is replaced; anything else is the run's own and stays. Answers the names that were taken so.
 */
export function linkDevices(home: number, links: readonly DeviceLink[]): RawName[] {
  const taken: RawName[] = [];
  for (const { name, target } of links) {
    const found = lookAt(home, name);
    if (found?.isSymbolicLink()) {
      removeFile(home, name);
    }
    if (found === undefined || found.isSymbolicLink()) {
      symlinkSync(target, entryAt(home, name));
    } else {
      taken.push(name);
    }
  }
  return taken;
}
