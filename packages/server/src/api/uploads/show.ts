import type { Upload } from '@quarry/contract';
import { findFile } from '../../db/queries/files-find.ts';
import { findParts } from '../../db/queries/uploads-find.ts';
import type { UploadRow } from '../../db/tables.ts';
import type { Call } from '../../http/route.ts';
import type { UploadsContext } from './context.ts';
import { uploadToWire } from './to-wire.ts';

/** Uploads with their parts and what they have become, as they are now. */
export async function show(
  { database, locks }: UploadsContext,
  call: Pick<Call, 'baseUrl' | 'version'>,
  uploads: readonly UploadRow[],
): Promise<Upload[]> {
  const parts = await findParts(
    database.read,
    uploads.map(({ id }) => id),
  );
  return await Promise.all(
    uploads.map(async (upload) => {
      const own = parts.get(upload.id)!;
      const file = upload.file_id === null ? undefined : await findFile(database.read, upload.file_id);
      const isActive = own.some(({ id }) => locks.isHeld(id));
      return uploadToWire(upload, { ...call, parts: own, isActive, file: file ?? null });
    }),
  );
}
