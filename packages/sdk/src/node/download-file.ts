import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { FileObject } from '@quarry/contract';
import type { Quarry } from '../client.ts';
import { FileExistsError, IntegrityError, InvalidResponseError, QuarryError } from '../errors.ts';
import type { OnProgress } from '../lib/progress.ts';
import { sha512Of } from './checksum.ts';
import { fetchRanges } from './fetch-ranges.ts';
import { makeDirectories } from './make-directories.ts';

export interface DownloadFileOptions {
  /** Connections at once; 8 when absent. Small files need one. */
  streams?: number;
  /** Replaces a file that is already there. */
  overwrite?: boolean;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

export interface DownloadedFile {
  file: FileObject;
  /** Absolute path. */
  path: string;
  sizeBytes: number;
  sha512: string;
  /** False only where the platform states no SHA-512. */
  verified: boolean;
}

const DEFAULT_STREAMS = 8;

/**
 * Downloads a file to `target`: parallel ranges written in place into a hidden file beside it, hashed as they arrive,
 * synced to disk, renamed when the SHA-512 agrees. Whatever goes wrong, `target` is whole or as it was, and the hidden
 * file is removed. `IntegrityError` when bytes are not those the platform stated.
 */
export async function downloadFile(
  platform: Quarry,
  fileId: string,
  target: string,
  options: DownloadFileOptions = {},
): Promise<DownloadedFile> {
  const { signal } = options;
  const file = await platform.files.get(fileId, signal ? { signal } : {});
  return downloadKnownFile(platform, file, target, options);
}

/** The same for a file whose metadata is at hand. */
export async function downloadKnownFile(
  platform: Quarry,
  file: FileObject,
  target: string,
  options: DownloadFileOptions,
): Promise<DownloadedFile> {
  options.signal?.throwIfAborted();
  const path = resolve(target);
  // No name of its own making: an output may be called so, and two downloads may have the same target.
  const partial = join(dirname(path), `.quarry-${randomUUID()}.partial`);
  const sizeBytes = sizeOf(file);
  await refuseExisting(path, options.overwrite ?? false);
  await makeDirectories(dirname(path));
  await refuseFullDisk(path, sizeBytes);

  const handle = await open(partial, 'wx');
  try {
    try {
      await handle.truncate(sizeBytes);
      const sha512 = await fetchRanges(platform.transport, file.id, {
        handle,
        sizeBytes,
        streams: Math.max(1, Math.floor(options.streams ?? DEFAULT_STREAMS)),
        onProgress: options.onProgress,
        signal: options.signal,
      });
      const stated = sha512Of(file);
      if (stated !== null && stated !== sha512) throw mismatch(file, stated, sha512);
      await handle.sync();
      await handle.close();
      await rename(partial, path);
      await syncDirectory(dirname(path));
      return { file, path, sizeBytes, sha512, verified: stated !== null };
    } finally {
      await handle.close();
    }
  } catch (error) {
    await rm(partial, { force: true });
    throw isFull(error) ? fullDisk(path, sizeBytes, null, error) : error;
  }
}

/** What is not a size would end as an empty file where the platform states no SHA-512 either. */
function sizeOf({ id, decryptedSize }: FileObject): number {
  if (Number.isSafeInteger(decryptedSize) && decryptedSize >= 0) return decryptedSize;
  throw new InvalidResponseError(`The platform states no usable size of file ${id}: ${decryptedSize}.`, {
    hint: 'Its upload may not have ended: ask for its metadata again.',
  });
}

async function refuseExisting(path: string, overwrite: boolean): Promise<void> {
  const facts = await stat(path).catch(() => null);
  if (facts?.isDirectory()) {
    throw new QuarryError(`${path} is a directory.`, { hint: 'Name the file to write inside it.' });
  }
  if (facts !== null && !overwrite) {
    throw new FileExistsError(`${path} exists already.`, { hint: 'Choose another name, or set overwrite.' });
  }
}

async function refuseFullDisk(path: string, sizeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  const freeBytes = bavail * bsize;
  if (freeBytes < sizeBytes) throw fullDisk(path, sizeBytes, freeBytes);
}

function fullDisk(path: string, sizeBytes: number, freeBytes: number | null, cause?: unknown): QuarryError {
  const free = freeBytes === null ? 'less' : `${freeBytes} bytes`;
  return new QuarryError(
    `${basename(path)} needs ${sizeBytes} bytes in ${dirname(path)}, where ${free} are free.`,
    {
      cause,
      hint: 'Free some space, or download to another disk.',
    },
  );
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

function mismatch(file: FileObject, stated: string, found: string): IntegrityError {
  return new IntegrityError(
    `${file.name} (${file.id}) arrived with SHA-512 ${found.slice(0, 16)}… where the platform states ${stated.slice(0, 16)}….`,
    { hint: 'Nothing was kept. Download it again; if it happens again, the stored file is damaged.' },
  );
}

/** Makes the new name durable; some file systems cannot sync a directory, and lose nothing by it. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => null);
  await directory?.sync().catch(() => {});
  await directory?.close();
}
