import type { Queries } from '../../db/database.ts';
import { findFile } from '../../db/queries/files-find.ts';
import { insertFiles } from '../../db/queries/files-insert.ts';
import { recordFiles } from '../../db/queries/record-files.ts';
import { findParts, findUpload } from '../../db/queries/uploads-find.ts';
import { recordFile } from '../../db/queries/uploads-write.ts';
import type { FileRow, UploadRow } from '../../db/tables.ts';
import { keepHeld } from '../../files/keep.ts';
import { conflict, notFound, storageFull } from '../../problems.ts';
import { BlobMismatchError, type HeldBlob, StorageFullError } from '../../storage/storage.ts';
import type { UploadsContext } from './context.ts';

/**
 * Makes the file of an upload whose bytes are all there, or finds the one that it has become. `partials` are uploads
 * that have become the same file along with it. Refuses with 409 bytes of another digest than the one given.
 */
export async function makeFile(
  context: UploadsContext,
  upload: UploadRow,
  options: { sha512?: string; partials?: readonly string[] } = {},
): Promise<FileRow> {
  const underWay = context.finishing.get(upload.id);
  if (underWay !== undefined) {
    return await underWay;
  }
  const making = make(context, upload, options).finally(() => context.finishing.delete(upload.id));
  context.finishing.set(upload.id, making);
  return await making;
}

async function make(
  context: UploadsContext,
  upload: UploadRow,
  { sha512, partials = [] }: { sha512?: string; partials?: readonly string[] },
): Promise<FileRow> {
  const { database, storage, clock, logger } = context;
  const known = await findUpload(database.read, upload.id);
  if (known === undefined) {
    throw notFound();
  }
  if (known.file_id !== null) {
    return await becomeFile(context, known.file_id);
  }
  await requireAll(context, known);
  const blob = await finishStaged(context, upload.id, sha512).catch(async (error) => {
    await requireKept(database.read, upload.id);
    throw error;
  });
  const file = await keepHeld(context, [blob], () =>
    database.write(async (queries) => {
      await requireKept(queries, upload.id);
      const [row] = await insertFiles(
        queries,
        [
          {
            ownerId: upload.owner_id,
            name: upload.name,
            typeId: upload.type_id,
            sha512: blob.sha512,
            sizeBytes: blob.sizeBytes,
            executable: upload.is_executable === 1,
            dateModified: upload.date_modified,
          },
        ],
        () => clock.now(),
      );
      await recordFile(queries, [upload.id, ...partials], row!.id);
      const event = { at: clock.now(), actorId: upload.owner_id, verb: 'created' as const };
      await recordFiles(queries, event, [row!]);
      return row!;
    }),
  );
  for (const name of [upload.id, ...partials]) {
    // The row says already that they are not wanted any more: the next start tries again.
    await storage.discardStaged(name).catch((error) => logger.warn({ err: error }, 'staged bytes are left'));
  }
  return file;
}

/** Refuses with 404 an upload that was given up while its file was being made. */
async function requireKept(queries: Queries, uploadId: string): Promise<void> {
  if ((await findUpload(queries, uploadId)) === undefined) {
    throw notFound();
  }
}

/** The file that an upload has become; 404 when it has been deleted since. */
export async function becomeFile({ database }: UploadsContext, fileId: string) {
  const file = await findFile(database.read, fileId);
  if (file === undefined) {
    throw notFound('The file that this upload became has been deleted.');
  }
  return file;
}

/** Refuses with 409 an upload of which bytes are missing. */
export async function requireAll({ database }: UploadsContext, upload: UploadRow): Promise<void> {
  const parts = (await findParts(database.read, [upload.id])).get(upload.id)!;
  // Every upload has one, unless it was given up a moment ago.
  if (parts.length === 0) {
    throw notFound();
  }
  const open = parts.filter(({ size_bytes, received_bytes }) => received_bytes < size_bytes);
  if (open.length === 0) {
    return;
  }
  const missing = open.reduce((sum, part) => sum + part.size_bytes - part.received_bytes, 0);
  throw conflict(`${missing} of ${upload.size_bytes} bytes are missing, in ${open.length} parts.`, {
    code: 'parts_missing',
    hint: 'GET the upload to see how far each part has come, and send the rest.',
  });
}

async function finishStaged(
  { storage }: UploadsContext,
  name: string,
  sha512: string | undefined,
): Promise<HeldBlob> {
  try {
    return await storage.finishStaged(name, { sha512: sha512?.toLowerCase() });
  } catch (error) {
    if (error instanceof StorageFullError) {
      throw storageFull(error);
    }
    if (!(error instanceof BlobMismatchError)) {
      throw error;
    }
    throw conflict(error.message, {
      code: 'digest_mismatch',
      hint: 'The bytes are kept. part-digests/ of this upload tells which part differs: DELETE that part, send it again, and finish again.',
      cause: error,
    });
  }
}
