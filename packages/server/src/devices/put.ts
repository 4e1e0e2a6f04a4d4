import { createHash } from 'node:crypto';
import { constants, type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../ids.ts';
import { meansStorageFull, notFound, Problem, refused, storageFull } from '../problems.ts';
import { DeviceContents, type Placed } from './contents.ts';
import type { DeviceDirectories } from './directories.ts';
import type { RoomTaken } from './room.ts';

const FILE_MODE = 0o644;
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/** A file on its way to a device, which is whole and durable before it gets its name there. */
export interface IncomingFile {
  path: string;
  sizeBytes: number;
  /** Hex. */
  sha512: string;
  discard(): Promise<void>;
}

/** Where something is brought, and the room that it takes there. */
export interface PutTarget {
  deviceId: string;
  directories: Pick<DeviceDirectories, 'contentOf' | 'incomingOf'>;
  room: RoomTaken;
}

/** Writes bytes into a file that jobs do not reach; what is broken off, or has another digest than is expected, leaves nothing. */
export async function receiveFile(
  { deviceId, directories, room }: PutTarget,
  bytes: AsyncIterable<Uint8Array>,
  {
    expectedBytes,
    expectedSha512 = null,
    signal,
  }: { expectedBytes: number; expectedSha512?: string | null; signal: AbortSignal },
): Promise<IncomingFile> {
  // What is known not to fit is refused before it is sent.
  let grown = Number.isSafeInteger(expectedBytes) && expectedBytes > 0 ? expectedBytes : 0;
  room.grow(grown);
  const path = join(directories.incomingOf(deviceId), `${newId()}${newId()}`);
  const discard = () => unlink(path).catch(() => undefined);
  const handle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE).catch((error) => {
    throw asDeleted(error, deviceId);
  });
  let sizeBytes = 0;
  const hash = createHash('sha512');
  try {
    try {
      for await (const chunk of bytes) {
        signal.throwIfAborted();
        sizeBytes += chunk.byteLength;
        if (sizeBytes > grown) {
          room.grow(sizeBytes - grown);
          grown = sizeBytes;
        }
        hash.update(chunk);
        await writeAll(handle, chunk);
      }
      signal.throwIfAborted();
      await handle.sync();
    } finally {
      await handle.close();
    }
    const sha512 = hash.digest('hex');
    if (expectedSha512 !== null && sha512 !== expectedSha512) {
      throw refused(
        'What arrived has another SHA-512 than Repr-Digest says; nothing was put onto the device.',
        {
          code: 'digest_mismatch',
          hint: 'Send it again: something on the way, or a program that wrote to the file meanwhile, has changed it.',
        },
      );
    }
    return { path, sizeBytes, sha512, discard };
  } catch (error) {
    await discard();
    throw meansStorageFull(error) ? storageFull(error) : error;
  }
}

/**
 * Gives files that were received their places, in order, all of them or none: where one cannot have its place, those before it give
 * theirs back to what was there. Directories above them are made.
 */
export async function placeFiles(
  { deviceId, directories, room }: PutTarget,
  files: ReadonlyArray<{ file: IncomingFile; target: string }>,
): Promise<void> {
  const placed: Placed[] = [];
  try {
    using contents = new DeviceContents(directories.contentOf(deviceId), deviceId);
    try {
      for (const { file, target } of files) {
        contents.placeName(target);
        await contents.makeDirectory(target.split('/').slice(0, -1).join('/'));
        await using handle = await open(file.path, O_RDONLY | O_NOFOLLOW);
        contents.give(handle.fd);
        placed.push(await contents.place(file.path, target));
      }
    } catch (error) {
      for (const each of placed.toReversed()) {
        await contents.takeBack(each);
      }
      throw error;
    }
    room.keep();
  } catch (error) {
    throw asDeleted(error, deviceId);
  } finally {
    for (const { file } of files) {
      await file.discard();
    }
    for (const { before } of placed) {
      if (before !== null) {
        await unlink(before).catch(() => undefined);
      }
    }
  }
}

/** What is wrong where the device was deleted since it was looked up. */
function asDeleted(error: unknown, deviceId: string): unknown {
  const isLost = error instanceof Problem && error.code === 'storage_device_lost';
  return isLost || (error as NodeJS.ErrnoException).code === 'ENOENT'
    ? notFound(`The storage device ${deviceId} is not there any more.`)
    : error;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await handle.write(bytes, written)).bytesWritten;
  }
}
