import { statfsSync } from 'node:fs';
import type { Failure, StorageDeviceMount } from '@quarry/contract';
import { readableBytes } from '../bytes.ts';
import type { Verdict } from '../runs/verdict.ts';

/** A device with no more than one part in so many left is full: what is still free need not be of use to whoever writes. */
const PARTS = 100;
/** Or with so little, whatever its size. */
const LITTLE_BYTES = 64 * 1024;

/**
 * A run that has failed while a device was full whose size the file system holds: its commands were told "Disk quota exceeded"
 * or "No space left on device", and not of what. The failure says which.
 */
export function withFullDevices(end: Verdict, devices: readonly StorageDeviceMount[]): Verdict {
  const full = end.outcome === 'failed' && end.failure !== null ? devices.flatMap(describeFull) : [];
  return full.length === 0 ? end : { ...end, failure: explained(end.failure!, full) };
}

function explained(failure: Failure, full: readonly string[]): Failure {
  return {
    ...failure,
    message: `${failure.message} ${full.join(' ')}`,
    hint: `Remove what is no longer needed from it (quarry storage rm), or make it larger (PATCH storage-devices/{id}/). ${failure.hint ?? ''}`.trim(),
  };
}

/** A directory whose project has a quota tells of that as if it were the whole file system. */
function describeFull({ id, path, isHeld }: StorageDeviceMount): string[] {
  if (isHeld !== true) {
    return [];
  }
  try {
    const { blocks, bavail, bsize } = statfsSync(path);
    const [size, free] = [blocks * bsize, bavail * bsize];
    return free * PARTS <= size || free < LITTLE_BYTES
      ? [`The storage device ${id} is full: ${readableBytes(free)} of ${readableBytes(size)} are left.`]
      : [];
  } catch {
    return [];
  }
}
