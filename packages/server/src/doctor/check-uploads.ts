import type { Queries } from '../db/database.ts';
import { findStagedDeliveries } from '../db/queries/deliveries.ts';
import type { Storage } from '../storage/storage.ts';
import { type Check, ok, some, warning } from './check.ts';

/** Whether uploads that are not complete have their bytes, and no bytes are staged for none. */
export async function checkUploads(queries: Queries, storage: Storage): Promise<Check[]> {
  // First what is on disk: an upload that begins meanwhile has its bytes before it has its row.
  const staged = await storage.listStaged();
  const names = new Set(staged.map(({ name }) => name));
  const rows = await queries
    .selectFrom('uploads')
    .where('file_id', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('upload_parts')
          .whereRef('upload_parts.upload_id', '=', 'uploads.id')
          .select('upload_parts.id'),
      ),
    )
    .select(['id', 'name'])
    .execute();
  const deliveries = await findStagedDeliveries(queries);
  const wanted = new Set([...rows.map(({ id }) => id), ...deliveries]);
  const strays = staged.filter(({ name }) => !wanted.has(name));
  const lost: string[] = [];
  for (const { id, name } of rows) {
    // One that began since was not on disk yet; one that became a file since has no bytes here any more.
    if (!names.has(id) && !(await isThereNow(queries, storage, id))) {
      lost.push(`${name} (${id})`);
    }
  }
  const checks: Check[] = [];
  if (lost.length > 0) {
    checks.push(
      warning(
        'uploads',
        `The bytes of ${lost.length} uploads that are not complete are missing: ${some(lost)}.`,
        'They can only be begun anew; their rows go when they expire.',
      ),
    );
  }
  if (strays.length > 0) {
    checks.push(
      warning(
        'uploads',
        `Bytes of ${strays.length} uploads belong to none: ${some(strays.map(({ name }) => name))}.`,
        'They take space only; the next start of the server removes them.',
      ),
    );
  }
  if (checks.length === 0) {
    const bytes = staged.reduce((sum, { writtenBytes }) => sum + writtenBytes, 0);
    checks.push(ok('uploads', `${rows.length} that are not complete, ${bytes} bytes`));
  }
  return checks;
}

/** True as well for an upload that is not wanted any more. */
async function isThereNow(queries: Queries, storage: Storage, uploadId: string): Promise<boolean> {
  const row = await queries
    .selectFrom('uploads')
    .where('id', '=', uploadId)
    .where('file_id', 'is', null)
    .select('id')
    .executeTakeFirst();
  if (row === undefined) {
    return true;
  }
  return (await storage.listStaged()).some(({ name }) => name === uploadId);
}
