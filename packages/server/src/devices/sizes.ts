/**
 * How much lies on storage devices: measured in the background, one device at a time and each for a twentieth of the time at
 * most, since nothing tells of what jobs write, unless the file system counts it. A job whose device holds more than it may is
 * ended in words.
 */

import { directorySize } from '@quarry/agent/files/directory-size';
import { Opened, openTrusted } from '@quarry/agent/files/door';
import type { Failure } from '@quarry/contract';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';
import {
  findDevicesInUse,
  findStartedDevices,
  findUnmeasuredDevices,
} from '../db/queries/storage-devices.ts';
import { LIMITS } from '../limits.ts';
import type { Logger } from '../logger.ts';
import type { BackgroundTask } from '../upkeep/background.ts';
import { openForOwner } from './contents.ts';
import type { DeviceDirectories } from './directories.ts';
import type { DeviceQuotas } from './quota/quotas.ts';
import { recordSize } from './record-size.ts';

export interface DeviceSizes extends AsyncDisposable {
  /** Measures a device now, writes down what it holds, and does what follows from that; answers the bytes. */
  measure(deviceId: string): Promise<number>;
  /** Has a device measured soon, or when the job is over that begins to use it: what it holds changes. */
  touch(deviceId: string): void;
}

const LOOK_MS = 1000;
interface Plan {
  /** However much has changed. */
  notBefore: number;
  /** While a job has it, and while none has. */
  inUse: number;
  idle: number;
}

/** Of the time, a measurement takes one part in so many. */
const PARTS_OF_TIME = 20;

function planAfter(tookMs: number): Plan {
  const notBefore = performance.now() + tookMs * (PARTS_OF_TIME - 1);
  const next = (seconds: number) => Math.max(performance.now() + seconds * 1000, notBefore);
  return {
    notBefore,
    inUse: next(LIMITS.storageDeviceMeasureSeconds),
    idle: next(LIMITS.storageDeviceIdleSeconds),
  };
}

export function createDeviceSizes(options: {
  database: Database;
  clock: Clock;
  logger: Logger;
  directories: Pick<DeviceDirectories, 'contentOf'>;
  quotas: Pick<DeviceQuotas, 'look'>;
  /** Called when what a device holds is written down. */
  onMeasured: (deviceId: string) => void;
  /** Ends jobs for this reason. */
  endJobs: (jobIds: readonly string[], failure: Failure) => Promise<void>;
  measuring: BackgroundTask;
}): DeviceSizes {
  const { database, clock, logger, directories, quotas, onMeasured, endJobs, measuring } = options;
  const closing = new AbortController();
  /** When each may be measured again, and is to be, by `performance.now()`. */
  const plans = new Map<string, Plan>();
  /** Devices that may hold something else than was measured. */
  const stale = new Set<string>();
  let hasLooked = false;
  let underWay: Promise<unknown> | null = null;

  async function measure(deviceId: string): Promise<number> {
    const begun = performance.now();
    {
      using content = new Opened(openTrusted(directories.contentOf(deviceId)));
      openForOwner(content.fd);
    }
    const counted = await quotas.look(deviceId, closing.signal);
    const usedBytes =
      counted ??
      (await directorySize(directories.contentOf(deviceId), {
        opensClosed: true,
        signal: closing.signal,
      }));
    // What is counted anyway takes no longer the more there is.
    const took = counted === null ? performance.now() - begun : 0;
    plans.set(deviceId, planAfter(took));
    const { tooFull, told } = await database.write(
      (queries) => recordSize({ queries, clock }, deviceId, usedBytes),
      { mayUseReserve: true },
    );
    onMeasured(deviceId);
    for (const words of told) {
      logger.warn({ device: deviceId }, words);
    }
    if (tooFull.length > 0) {
      logger.warn({ device: deviceId, usedBytes }, 'a storage device holds more than it may');
      await endJobs(tooFull, tooMuch(deviceId, usedBytes));
    }
    return usedBytes;
  }

  async function pass(): Promise<void> {
    if (!hasLooked) {
      // What an earlier server has measured counts as long as nothing was written since.
      for (const id of await findUnmeasuredDevices(database.read)) {
        stale.add(id);
      }
      hasLooked = true;
    }
    const started = await findStartedDevices(database.read);
    const inUse = started.length === 0 ? new Set<string>() : await findDevicesInUse(database.read);
    for (const id of plans.keys()) {
      if (!started.includes(id)) {
        plans.delete(id);
        stale.delete(id);
      }
    }
    let failure: unknown = null;
    for (const id of started) {
      if (closing.signal.aborted || !isDue(id, inUse.has(id))) {
        continue;
      }
      try {
        await measure(id);
        if (!inUse.has(id)) {
          stale.delete(id);
        }
      } catch (error) {
        // One that cannot be measured keeps no other one from it, nor is it tried all the time.
        failure ??= error;
        plans.set(id, planAfter((LIMITS.storageDeviceIdleSeconds * 1000) / PARTS_OF_TIME));
      }
    }
    if (failure !== null && !closing.signal.aborted) {
      throw failure;
    }
  }

  function isDue(id: string, isInUse: boolean): boolean {
    let plan = plans.get(id);
    if (plan === undefined) {
      plan = { ...planAfter(0), inUse: 0 };
      plans.set(id, plan);
    }
    const now = performance.now();
    const isOver = !isInUse && stale.has(id);
    return now >= plan.notBefore && (isOver || now >= (isInUse ? plan.inUse : plan.idle));
  }

  const timer = setInterval(() => {
    underWay ??= measuring.run(pass).finally(() => {
      underWay = null;
    });
  }, LOOK_MS);

  return {
    measure,
    touch(deviceId) {
      stale.add(deviceId);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      closing.abort();
      await underWay;
    },
  };
}

function tooMuch(deviceId: string, usedBytes: number): Failure {
  return {
    code: 'storage_device_full',
    message: `The storage device ${deviceId} holds ${usedBytes} bytes, more than its size, so the jobs that have it were stopped.`,
    hint: `Remove what is no longer needed from it (quarry storage rm ${deviceId}:PATH), or make it larger (PATCH storage-devices/${deviceId}/), and execute the runs again.`,
  };
}
