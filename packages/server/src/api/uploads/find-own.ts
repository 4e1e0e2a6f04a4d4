import { type Caller, person } from '../../access/caller.ts';
import { findPart, findUpload } from '../../db/queries/uploads-find.ts';
import type { UploadPartRow, UploadRow } from '../../db/tables.ts';
import { gone, notFound, type Problem } from '../../problems.ts';
import type { UploadsContext } from './context.ts';

/** An upload of the caller; 404 for everybody else's, 410 for one that has expired. */
export async function findOwnUpload(
  context: UploadsContext,
  caller: Caller,
  uploadId: string,
): Promise<UploadRow> {
  const upload = await findUpload(context.database.read, uploadId);
  if (upload === undefined || upload.owner_id !== person(caller).userId) {
    throw notFound();
  }
  if (upload.file_id === null && upload.expires_at <= context.clock.now()) {
    throw expired();
  }
  return upload;
}

/** What is at `files/uploads/:id/`: an upload, a part of one, or both where it is not divided. */
export async function findOwn(
  context: UploadsContext,
  caller: Caller,
  id: string,
): Promise<{ upload: UploadRow; part: UploadPartRow | null }> {
  const part = (await findPart(context.database.read, id)) ?? null;
  return { upload: await findOwnUpload(context, caller, part?.upload_id ?? id), part };
}

function expired(): Problem {
  return gone('This upload has expired: nothing came for it for too long.', {
    code: 'upload_expired',
    hint: 'Its bytes are gone. Begin a new upload.',
  });
}
