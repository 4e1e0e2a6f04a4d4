/**
 * The bytes of a file for whoever reads them. Where they are missing, of another length, or cannot be read, the answer says
 * so, and the log names file, owner and job, so that whoever runs the platform knows what to restore.
 *
 * Bytes of the right length with another content are not noticed here: SHA-512 takes three times the processor time that
 * sending takes (decision 018). Every answer names the digest, which our clients compare, and the doctor reads all.
 */
import { createHash } from 'node:crypto';
import type { Logger } from '../logger.ts';
import { Problem, tooManyOpenFiles } from '../problems.ts';
import { BlobMissingError, type BlobReader, type Storage, StorageError } from '../storage/storage.ts';

interface Context {
  storage: Storage;
  logger: Logger;
}

export interface StoredFile {
  id: string;
  name: string;
  owner_id: string;
  owner_email?: string;
  job_id: string | null;
  sha512: string;
  size_bytes: number;
}

const PIECE_BYTES = 1024 * 1024;
const HINT =
  'Whoever runs the platform can see with "quarry doctor" what else is damaged. Upload the file again if you have it.';

/** Opens the bytes of a file. Refuses what is damaged, and when no more files can be open. */
export async function openBytes(context: Context, file: StoredFile): Promise<BlobReader> {
  const reader = await context.storage.openReader(file.sha512).catch((error) => {
    if (hasNoHandleLeft(error)) {
      throw tooManyOpenFiles(error);
    }
    if (error instanceof BlobMissingError) {
      throw refuse(context, file, 'bytes_missing', 'are missing', error);
    }
    if (error instanceof StorageError) {
      throw refuse(context, file, 'bytes_unreadable', 'cannot be read', error);
    }
    throw error;
  });
  if (reader.sizeBytes !== file.size_bytes) {
    await reader.close();
    throw wrongSize(context, file, reader.sizeBytes);
  }
  return {
    sizeBytes: reader.sizeBytes,
    close: () => reader.close(),
    read: async (into, position) => {
      const count = await reader.read(into, position).catch((error) => {
        // The answer is under way: whoever sends it breaks the connection off.
        throw refuse(context, file, 'bytes_unreadable', 'cannot be read', error);
      });
      if (count === 0 && position < file.size_bytes) {
        throw wrongSize(context, file, position);
      }
      return count;
    },
  };
}

/** The bytes of a file, piece by piece in one buffer: each is good until the next is asked for. */
export async function* piecesOf(context: Context, file: StoredFile): AsyncGenerator<Uint8Array> {
  const reader = await openBytes(context, file);
  try {
    const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(1, file.size_bytes)));
    for (let position = 0; position < file.size_bytes; ) {
      const count = await reader.read(buffer, position);
      yield buffer.subarray(0, count);
      position += count;
    }
  } finally {
    await reader.close();
  }
}

/** All bytes of a small file, whose digest is compared. Refuses as `openBytes` does. */
export async function readBytes(context: Context, file: StoredFile): Promise<Buffer> {
  const reader = await openBytes(context, file);
  try {
    const bytes = Buffer.allocUnsafe(reader.sizeBytes);
    for (let position = 0; position < bytes.byteLength; ) {
      position += await reader.read(bytes.subarray(position), position);
    }
    if (createHash('sha512').update(bytes).digest('hex') === file.sha512) {
      return bytes;
    }
    throw refuse(context, file, 'bytes_damaged', 'are not those that were stored');
  } finally {
    await reader.close();
  }
}

function wrongSize(context: Context, file: StoredFile, sizeBytes: number): Problem {
  return refuse(context, file, 'bytes_damaged', `are ${sizeBytes} where ${file.size_bytes} were stored`);
}

function refuse({ logger }: Context, file: StoredFile, code: string, what: string, cause?: unknown): Problem {
  logger.error(
    {
      ...(cause ? { err: cause } : {}),
      file: file.id,
      name: file.name,
      owner: file.owner_email ?? file.owner_id,
      ...(file.job_id ? { job: file.job_id } : {}),
      sha512: file.sha512,
    },
    `the bytes of a file ${what}: restore them from a backup (quarry doctor --read-data finds what else is damaged)`,
  );
  const detail = `The bytes of file ${file.id} ${what} in the storage of this platform.`;
  return new Problem('damaged', detail, { code, hint: HINT, cause });
}

function hasNoHandleLeft(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as { code?: string };
  return code === 'EMFILE' || code === 'ENFILE';
}
