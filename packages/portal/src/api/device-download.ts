import type { StorageEntry } from '@quarry/sdk';
import { saveBlob } from '../ui/save-blob.ts';
import { quarry } from './sdk.ts';

/** What of a storage device passes through a page: links for what lies there do not exist. */
export const MAX_DEVICE_DOWNLOAD_BYTES = 512 * 1024 ** 2;

/** Fetches a file of a storage device, and hands it to whoever looks. */
export async function downloadFromDevice(
  deviceId: string,
  { path, name }: Pick<StorageEntry, 'path' | 'name'>,
): Promise<void> {
  const response = await quarry.storageDevices.download(deviceId, path);
  saveBlob(await response.blob(), name);
}
