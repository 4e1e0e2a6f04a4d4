import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../../access/caller.ts';
import { deleteUpload, recordProgress } from '../../db/queries/uploads-write.ts';
import type { FileRow, UploadPartRow, UploadRow } from '../../db/tables.ts';
import { conflict, refused } from '../../problems.ts';
import type { Storage } from '../../storage/storage.ts';
import { nextExpiry, type UploadsContext } from './context.ts';
import { findOwn } from './find-own.ts';
import { becomeFile, makeFile } from './make-file.ts';
import type { Exchange } from './tus-engine.ts';

const COPY_BYTES = 1024 * 1024;

/** The partial uploads that a final one names (tus 1.0.0, concatenation); null for a request that is none. */
export async function findPartials(
  context: UploadsContext,
  caller: Caller,
  headers: IncomingHttpHeaders,
): Promise<Exchange['partials']> {
  const concat = String(headers['upload-concat'] ?? '');
  if (!concat.startsWith('final;')) {
    return null;
  }
  const partials: NonNullable<Exchange['partials']> = [];
  for (const url of concat.slice('final;'.length).trim().split(/\s+/)) {
    const id = /([A-Za-z]+)\/?$/.exec(url)?.[1] ?? '';
    const { upload, part } = await findOwn(context, caller, id);
    if (upload.kind !== 'partial' || part === null) {
      throw refused(`${url} is no partial upload.`, {
        code: 'not_partial',
        hint: 'Begin uploads that are to be joined with the header "Upload-Concat: partial".',
      });
    }
    partials.push({ upload, part });
  }
  const open = partials.filter(({ part }) => part.received_bytes < part.size_bytes);
  if (open.length > 0) {
    throw conflict(`${open.length} of the partial uploads are not complete.`, {
      code: 'parts_missing',
      hint: 'Send the rest of each of them first; HEAD tells how far it has come.',
    });
  }
  return partials;
}

/** The file that these partial uploads have been joined to before; null when they have not. */
export async function joinedBefore(
  context: UploadsContext,
  partials: NonNullable<Exchange['partials']>,
): Promise<FileRow | null> {
  const [first] = new Set(partials.map(({ upload }) => upload.file_id));
  return first === null || first === undefined ? null : await becomeFile(context, first);
}

/** Copies partial uploads one behind the other into a new upload, and makes its file. */
export async function joinPartials(
  context: UploadsContext,
  upload: UploadRow,
  partials: readonly { upload: UploadRow; part: UploadPartRow }[],
  signal: AbortSignal,
): Promise<FileRow> {
  const { database, storage } = context;
  const names = partials.map((partial) => partial.upload.id);
  try {
    const source = bytesOf(storage, names);
    const written = await storage.writeStaged(upload.id, 0, source, {
      signal,
      ownsChunks: true,
      maxBytes: upload.size_bytes,
    });
    if (written.brokenBy !== null) {
      throw written.brokenBy;
    }
    const whole = { id: upload.id, upload_id: upload.id, received_bytes: upload.size_bytes };
    await database.write((queries) => recordProgress(queries, whole, nextExpiry(context)));
    return await makeFile(context, upload, { partials: [...new Set(names)] });
  } catch (error) {
    // The partial ones are there still: joining them can be asked for again.
    await database.write((queries) => deleteUpload(queries, upload.id), { mayUseReserve: true });
    await storage.discardStaged(upload.id);
    throw error;
  }
}

async function* bytesOf(storage: Storage, names: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const name of names) {
    const reader = await storage.openStaged(name);
    try {
      for (let position = 0; position < reader.sizeBytes; ) {
        const block = Buffer.allocUnsafeSlow(COPY_BYTES);
        const count = await reader.read(block, position);
        if (count === 0) {
          throw new Error('Staged bytes ended before their length.');
        }
        yield block.subarray(0, count);
        position += count;
      }
    } finally {
      await reader.close();
    }
  }
}
