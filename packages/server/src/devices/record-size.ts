import type { Clock } from '../clock.ts';
import type { Queries } from '../db/database.ts';
import { findJobsOfDevice } from '../db/queries/device-jobs.ts';
import { recordEvent } from '../db/queries/record-event.ts';
import { changeDevice, findDeviceRow, writeDeviceStatus } from '../db/queries/storage-devices.ts';
import type { StorageDeviceRow } from '../db/tables.ts';
import { newId } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import type { DeviceSettings } from './settings.ts';

const DEFAULT_EXTENSION_PERCENT = 10;

export interface RecordedSize {
  /** Jobs that have a device which holds more than it may, and must end. */
  tooFull: string[];
  /** What is to be told, in words. */
  told: string[];
}

/** Writes down what a device holds, and what follows: it grows, becomes full, or is too full for the jobs that have it. */
export async function recordSize(
  { queries, clock }: { queries: Queries; clock: Clock },
  deviceId: string,
  usedBytes: number,
): Promise<RecordedSize> {
  const device = await findDeviceRow(queries, deviceId);
  if (device === undefined) {
    return { tooFull: [], told: [] };
  }
  const at = clock.now();
  const told: string[] = [];
  const tell = async (verb: 'extended' | 'filling', words: string, detail: Record<string, unknown>) => {
    told.push(words);
    await writeDeviceStatus(queries, {
      ...{ id: newId(), deviceId, status: device.status, at: clock.now(), reason: words },
    });
    await recordEvent(queries, { at, actorId: null, subject: `storage-device:${deviceId}`, verb, detail });
  };
  const sizeBytes = extended(device, usedBytes);
  if (sizeBytes !== device.size_bytes) {
    const words = `Grown from ${device.size_bytes} to ${sizeBytes} bytes, since it holds ${usedBytes}`;
    await tell('extended', words, { sizeBytes, usedBytes });
  }
  const alerted = alertFor(device, usedBytes / sizeBytes);
  if (alerted > device.alerted_percent) {
    const words = `Holds ${usedBytes} of ${sizeBytes} bytes, more than ${alerted} %`;
    await tell('filling', words, { percent: alerted, sizeBytes, usedBytes });
  }
  await changeDevice(queries, deviceId, {
    used_bytes: usedBytes,
    date_measured: at,
    size_bytes: sizeBytes,
    alerted_percent: alerted,
  });
  const tooFull = usedBytes > sizeBytes ? await findJobsOfDevice(queries, deviceId, 'submitted') : [];
  return { tooFull, told };
}

/** The size that a device gets by itself. */
function extended({ settings, size_bytes: sizeBytes }: StorageDeviceRow, usedBytes: number): number {
  const { autoextend, autoextendPercent } = JSON.parse(settings) as DeviceSettings;
  const step = 1 + (autoextendPercent ?? DEFAULT_EXTENSION_PERCENT) / 100;
  let size = sizeBytes;
  while (autoextend && size < usedBytes && size < LIMITS.storageDeviceBytes) {
    size = Math.min(Math.ceil(size * step), LIMITS.storageDeviceBytes);
  }
  return size;
}

/** The highest alert that a device has come to, in percent; 0 for none. */
function alertFor({ settings }: StorageDeviceRow, filled: number): number {
  const { firstAlert, secondAlert } = JSON.parse(settings) as DeviceSettings;
  const reached = [firstAlert, secondAlert].filter((percent) => percent !== null && filled * 100 >= percent);
  return Math.max(0, ...(reached as number[]));
}
