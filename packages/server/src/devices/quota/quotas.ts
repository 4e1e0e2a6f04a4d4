/**
 * Sizes of storage devices that the file system itself holds, by quotas of projects, where it was mounted for them. A device
 * has a project from when its directory is made, while that is empty: what is made in it later belongs to the project by itself.
 * Its number stands in the row of the device before the file system hears of it, and goes when the directory is gone. A device
 * whose directory turns out to be of no project, as in a copy, is measured like all others from then on.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { directorySize } from '@quarry/agent/files/directory-size';
import type { Database } from '../../db/database.ts';
import {
  findDeletedWithQuota,
  findQuotaProjects,
  writeHeld,
  writeQuotaProject,
} from '../../db/queries/device-quotas.ts';
import { findDeviceRow } from '../../db/queries/storage-devices.ts';
import type { StorageDeviceRow } from '../../db/tables.ts';
import type { Logger } from '../../logger.ts';
import type { DeviceDirectories } from '../directories.ts';
import type { DeviceSettings } from '../settings.ts';
import { askQuota, type QuotaAnswer } from './quota-program.ts';

const KIB = 1024;

export interface DeviceQuotas {
  /** Has the file system hold the size of a device whose directory was just made, where it can. */
  hold(deviceId: string): Promise<void>;
  /** The bytes that a device holds, at once, with its size as it is now held; null where they are to be measured. */
  look(deviceId: string, signal: AbortSignal): Promise<number | null>;
  /** Gives the projects of deleted devices back whose directories are gone. */
  release(): Promise<{ released: number }>;
}

/** Numbers of projects that this platform may use. */
export interface QuotaProjects {
  first: number;
  last: number;
}

export function createDeviceQuotas({
  directory,
  directories,
  projects,
  database,
  logger,
}: {
  /** Where all devices are. */
  directory: string;
  directories: Pick<DeviceDirectories, 'contentOf' | 'incomingOf'>;
  /** Null where quotas are not to be used. */
  projects: QuotaProjects | null;
  database: Database;
  logger: Logger;
}): DeviceQuotas {
  let probed: Promise<boolean> | null = null;
  const told = new Set<string>();

  /** Whether the file system holds quotas of projects. */
  async function canHold(): Promise<boolean> {
    if (projects === null) {
      return false;
    }
    probed ??= askQuota('probe', directory).then((answer) => {
      const isHeld = answer.is === 'held';
      const words = isHeld
        ? 'sizes of storage devices are held by project quotas of the file system'
        : 'sizes of storage devices are measured: the file system holds no project quotas';
      logger.info({ directory, ...(answer.is === 'not held' && { why: answer.why }) }, words);
      return isHeld;
    });
    return await probed;
  }

  /** Writes whether a size is held. Its project stays taken: what lies on the device may belong to it all the same. */
  async function note(device: StorageDeviceRow, answer: QuotaAnswer): Promise<void> {
    const isHeld = answer.is !== 'not held';
    if (isHeld !== (device.is_held === 1)) {
      await database.write((queries) => writeHeld(queries, device.id, isHeld), { mayUseReserve: true });
    }
    if (!isHeld && !told.has(device.id)) {
      told.add(device.id);
      logger.warn(
        { device: device.id, why: answer.why },
        'the size of a storage device is measured for now, not held',
      );
    }
  }

  return {
    async hold(deviceId) {
      if (!(await canHold())) {
        return;
      }
      const project = await database.write(async (queries) => {
        const device = await findDeviceRow(queries, deviceId);
        if (device === undefined || device.status === 'Started' || device.quota_project !== null) {
          return null;
        }
        const free = firstFree(projects!, await findQuotaProjects(queries));
        if (free !== null) {
          await writeQuotaProject(queries, deviceId, free);
        }
        return { free, device };
      });
      if (project === null) {
        return;
      }
      const { free, device } = project;
      if (free === null) {
        logger.warn(
          { device: deviceId, ...projects },
          'no project is left for the quota of a storage device',
        );
        return;
      }
      // What jobs have comes last: where that is of the project, so is the other.
      const places = [directories.incomingOf(deviceId), directories.contentOf(deviceId)];
      await note(device, await askQuota('hold', free, boundOf(device), ...places));
    },
    async look(deviceId, signal) {
      const device = await findDeviceRow(database.read, deviceId);
      if (device === undefined || device.quota_project === null) {
        return null;
      }
      const { quota_project: project } = device;
      const answer = await askQuota('look', project, boundOf(device), directories.contentOf(deviceId));
      if (answer.is === 'strange') {
        // A copy, whose files are of no project.
        await database.write((queries) => writeQuotaProject(queries, deviceId, null), {
          mayUseReserve: true,
        });
        logger.warn(
          { device: deviceId },
          'the size of a storage device is measured: it is no longer of its project',
        );
        return null;
      }
      await note(device, answer);
      if (answer.is !== 'counted') {
        return null;
      }
      // What is on its way there is counted by who brings it.
      const incoming = await directorySize(directories.incomingOf(deviceId), { opensClosed: true, signal });
      return Math.max(0, answer.bytes - incoming);
    },
    async release() {
      let released = 0;
      for (const { id, project } of await findDeletedWithQuota(database.read)) {
        if (existsSync(join(directory, id))) {
          continue;
        }
        // What cannot be taken back where there are no quotas any more binds nothing.
        await askQuota('release', project, directory);
        await database.write((queries) => writeQuotaProject(queries, id, null), { mayUseReserve: true });
        released += 1;
      }
      return { released };
    },
  };
}

/** In units of 1,024 bytes; 0 for none. One that grows by itself is bound by nothing, or its jobs would fail before it grows. */
function boundOf({ settings, size_bytes: sizeBytes }: StorageDeviceRow): number {
  const { autoextend } = JSON.parse(settings) as DeviceSettings;
  return autoextend ? 0 : Math.floor(sizeBytes / KIB);
}

/** The lowest number that is not taken; `taken` is ascending. */
export function firstFree({ first, last }: QuotaProjects, taken: readonly number[]): number | null {
  let free = first;
  for (const number of taken) {
    if (number > free) {
      break;
    }
    if (number === free) {
      free += 1;
    }
  }
  return free <= last ? free : null;
}
