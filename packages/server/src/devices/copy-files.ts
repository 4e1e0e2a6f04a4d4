import type { Caller } from '../access/caller.ts';
import type { Queries } from '../db/database.ts';
import type { FileWithOwner } from '../db/queries/files-list.ts';
import type { DeviceWithOwner } from '../db/queries/storage-devices.ts';
import { piecesOf } from '../files/open-bytes.ts';
import { findVisibleFile } from '../files/visibility.ts';
import type { Logger } from '../logger.ts';
import { invalidFields, Problem } from '../problems.ts';
import type { Storage } from '../storage/storage.ts';
import type { DeviceDirectories } from './directories.ts';
import { type IncomingFile, placeFiles, receiveFile } from './put.ts';
import type { DeviceRoom } from './room.ts';
import type { DeviceSizes } from './sizes.ts';

export interface CopyParts {
  storage: Storage;
  logger: Logger;
  directories: DeviceDirectories;
  room: DeviceRoom;
  sizes: Pick<DeviceSizes, 'touch'>;
}

export interface CopyWish {
  files: readonly FileWithOwner[];
  /** Directory on the device; empty for the device itself. */
  outputDir: string;
  signal: AbortSignal;
  /** Told of bytes that have been copied. */
  onBytes?: (bytes: number) => void;
  /** Called when all are there and none has its name yet; refuses where it is not to be. */
  beforePlacing?: () => Promise<void>;
}

export interface CopiedFile {
  id: string;
  path: string;
  sizeBytes: number;
}

/** Files that are to be copied; those that the caller may not read are refused by their place in the list. */
export async function findCopiedFiles(
  queries: Queries,
  caller: Caller,
  ids: readonly string[],
): Promise<FileWithOwner[]> {
  const files: FileWithOwner[] = [];
  const problems: Array<Record<string, string[]>> = [];
  for (const id of ids) {
    try {
      files.push(await findVisibleFile(queries, caller, id));
      problems.push({});
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== 'not_found') {
        throw error;
      }
      problems.push({ id: [`There is no file "${id}" that you may read.`] });
    }
  }
  if (files.length < ids.length) {
    throw invalidFields({ files: problems });
  }
  return files;
}

/** Copies stored files onto a device. All of them are brought before the first gets its name there. */
export async function copyFilesOnto(
  { storage, logger, directories, room: rooms, sizes }: CopyParts,
  device: DeviceWithOwner,
  { files, outputDir, signal, onBytes, beforePlacing }: CopyWish,
): Promise<CopiedFile[]> {
  using room = rooms.take(device);
  const put = { deviceId: device.id, directories, room };
  async function* bytesOf(file: FileWithOwner) {
    for await (const piece of piecesOf({ storage, logger }, file)) {
      yield piece;
      onBytes?.(piece.byteLength);
    }
  }
  const received: Array<{ file: IncomingFile; target: string }> = [];
  try {
    for (const file of files) {
      const target = [outputDir.replace(/\/+$/, ''), file.name].filter(Boolean).join('/');
      const expected = { expectedBytes: file.size_bytes, signal };
      received.push({ target, file: await receiveFile(put, bytesOf(file), expected) });
    }
    await beforePlacing?.();
  } catch (error) {
    await Promise.all(received.map(({ file }) => file.discard()));
    throw error;
  }
  await placeFiles(put, received);
  sizes.touch(device.id);
  return received.map(({ target, file }, index) => ({
    id: files[index]!.id,
    path: target,
    sizeBytes: file.sizeBytes,
  }));
}
