import { partsOf } from '@quarry/agent/files/follow-link';
import type { RawName } from '@quarry/agent/files/raw-name';
import type { Queries } from '../db/database.ts';
import { findOutput, type RunOfOutputs } from '../db/queries/files-outputs.ts';
import { openBytes } from '../files/open-bytes.ts';
import type { Logger } from '../logger.ts';
import type { BlobReader, Storage } from '../storage/storage.ts';
import type { RunFile } from './run-files.ts';

export interface StoredContext {
  read: Queries;
  storage: Storage;
  logger: Logger;
}

/** An output of a run that has ended; its bytes never change. */
export interface StoredRunFile extends RunFile {
  sizeBytes: number;
  sha512: string;
  dateUploaded: string;
}

/** The output that was the file of this path; null when there is none. Refuses when its bytes are damaged. */
export async function openStored(
  { read, storage, logger }: StoredContext,
  of: RunOfOutputs,
  path: string,
): Promise<StoredRunFile | null> {
  for (const name of namesIn(path)) {
    const file = await findOutput(read, of, name);
    if (file !== undefined) {
      const reader = await openBytes({ storage, logger }, file);
      const { sha512, size_bytes: sizeBytes } = file;
      return {
        path: file.relative_path,
        sizeBytes,
        sha512,
        dateUploaded: file.date_uploaded,
        look: async () => ({ sizeBytes, stamp: sha512, identity: sha512 }),
        read: (into, position) => fill(reader, into, position),
        close: () => reader.close(),
      };
    }
  }
  return null;
}

async function fill(reader: BlobReader, into: Uint8Array, position: number): Promise<number> {
  const bytes = Math.max(0, Math.min(into.length, reader.sizeBytes - position));
  let filled = 0;
  while (filled < bytes) {
    filled += await reader.read(into.subarray(filled, bytes), position + filled);
  }
  return filled;
}

/** The paths that a client may mean, as outputs are named: a work directory is also known as `shared/`. */
function namesIn(path: string): string[] {
  const names = [path, path.replace(/^\/*shared\//, '')].map((name) => partsOf(name as RawName).join('/'));
  return [...new Set(names)].filter((name) => name !== '');
}
