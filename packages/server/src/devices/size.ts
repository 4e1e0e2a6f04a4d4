import { LIMITS } from '../limits.ts';
import { invalidFields } from '../problems.ts';

const MEGABYTE = 1024 * 1024;
const GIGABYTE = 1024 * MEGABYTE;

/** The size that a request names, in bytes; null where it names none. Refuses what no device can have. */
export function wantedSize({
  storageSize,
  storageSizeMb,
}: {
  storageSize?: number;
  storageSizeMb?: number;
}): number | null {
  const [field, bytes] =
    storageSize !== undefined
      ? (['storageSize', storageSize * GIGABYTE] as const)
      : (['storageSizeMb', (storageSizeMb ?? 0) * MEGABYTE] as const);
  if (storageSize === undefined && storageSizeMb === undefined) {
    return null;
  }
  const { storageDeviceLeastBytes: least, storageDeviceBytes: most } = LIMITS;
  if (!(bytes >= least && bytes <= most)) {
    throw invalidFields({
      [field]: [
        `A storage device has ${inGigabytes(least)} to ${inGigabytes(most)} GB (of 1024 MB), not ${inGigabytes(bytes)}.`,
      ],
    });
  }
  return Math.round(bytes);
}

/** In GB, as the wire has it. */
export function inGigabytes(bytes: number): number {
  return bytes / GIGABYTE;
}
