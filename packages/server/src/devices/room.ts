import type { StorageDeviceRow } from '../db/tables.ts';
import { refused } from '../problems.ts';

/** What is under way to devices and was put there since they were measured. */
export interface DeviceRoom {
  /** Takes room on a device step by step; refuses what would not fit. */
  take(device: Pick<StorageDeviceRow, 'id' | 'size_bytes' | 'used_bytes'>): RoomTaken;
  /** What is there was measured: what had been put there until then is in it. */
  measured(deviceId: string): void;
}

export interface RoomTaken extends Disposable {
  /** Takes so many bytes more; throws in words when they do not fit. */
  grow(bytes: number): void;
  /** What was taken lies on the device now. */
  keep(): void;
}

interface Taken {
  underWay: number;
  kept: number;
}

export function createDeviceRoom(): DeviceRoom {
  const all = new Map<string, Taken>();

  return {
    take({ id, size_bytes: sizeBytes, used_bytes: usedBytes }) {
      const taken = all.get(id) ?? { underWay: 0, kept: 0 };
      all.set(id, taken);
      let own = 0;
      return {
        grow(bytes) {
          const used = (usedBytes ?? 0) + taken.kept + taken.underWay;
          if (used + bytes > sizeBytes) {
            throw refused(
              `There is no room for that on the storage device ${id}: it holds ${used} of ${sizeBytes} bytes, with what is on its way there.`,
              {
                code: 'storage_device_full',
                hint: 'Remove what is no longer needed from it, or make it larger (PATCH storage-devices/{id}/).',
              },
            );
          }
          own += bytes;
          taken.underWay += bytes;
        },
        keep() {
          taken.underWay -= own;
          taken.kept += own;
          own = 0;
        },
        [Symbol.dispose]() {
          taken.underWay -= own;
          own = 0;
        },
      };
    },
    measured(deviceId) {
      const taken = all.get(deviceId);
      if (taken !== undefined) {
        taken.kept = 0;
      }
    },
  };
}
