import { formatInstant } from '../../clock.ts';
import { findParts } from '../../db/queries/uploads-find.ts';
import {
  deleteExpired,
  deleteParts,
  findComplete,
  findExpired,
  pickStaged,
} from '../../db/queries/uploads-upkeep.ts';
import { deleteUpload } from '../../db/queries/uploads-write.ts';
import { LIMITS } from '../../limits.ts';
import type { UploadsContext } from './context.ts';
import { makeFile } from './make-file.ts';

const AT_ONCE = 100;

/** Told of an upload whose bytes could not be removed. */
export type OnFailure = (error: unknown, about: { upload: string }) => void;

/**
 * Gives up uploads for which nothing came for too long; answers how many. Their rows stay as long again, so that who
 * comes back is told. Those whose bytes are all there are spared as long as they may yet become a file.
 */
export async function expireUploads(
  context: UploadsContext,
  { fail, sparesComplete }: { fail: OnFailure; sparesComplete: boolean },
): Promise<number> {
  const { database, storage, clock, locks, finishing } = context;
  const now = clock.now();
  let givenUp = 0;
  for (;;) {
    const found = await findExpired(database.read, now, AT_ONCE);
    const parts = await findParts(
      database.read,
      found.map(({ id }) => id),
    );
    const idle = found.filter(({ id, kind, file_id }) => {
      const own = parts.get(id)!;
      if (finishing.has(id) || own.some((part) => locks.isHeld(part.id))) {
        return false;
      }
      const isComplete = own.every((part) => part.received_bytes === part.size_bytes);
      return !(sparesComplete && kind === 'whole' && file_id === null && isComplete);
    });
    for (const upload of idle) {
      await database.write(
        (queries) =>
          upload.file_id === null ? deleteParts(queries, upload.id) : deleteUpload(queries, upload.id),
        { mayUseReserve: true },
      );
      // The next start knows that nobody wants them.
      await storage.discardStaged(upload.id).catch((error) => fail(error, { upload: upload.id }));
      givenUp += 1;
    }
    if (found.length < AT_ONCE || idle.length === 0) {
      break;
    }
  }
  const before = formatInstant((Date.parse(now) - LIMITS.uploadIdleHours * 3600_000) * 1000);
  await database.write((queries) => deleteExpired(queries, before), { mayUseReserve: true });
  return givenUp;
}

/** What a crash may have left: uploads without their file though the last byte is safe. */
export async function mendUploads(context: UploadsContext): Promise<void> {
  const { database, logger } = context;
  for (const upload of await findComplete(database.read)) {
    await makeFile(context, upload).catch((error) =>
      logger.warn(
        { err: error, upload: upload.id },
        'an upload could not become a file; the next start tries again',
      ),
    );
  }
}

/** And staged bytes without a row; answers of how many uploads. */
export async function sweepStaged({ database, storage, creating }: UploadsContext): Promise<number> {
  let swept = 0;
  const names = (await storage.listStaged()).map(({ name }) => name).filter((name) => !creating.has(name));
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const some = names.slice(from, from + AT_ONCE);
    const wanted = await pickStaged(database.read, some);
    for (const name of some) {
      if (wanted.has(name) || creating.has(name)) {
        continue;
      }
      await storage.discardStaged(name);
      swept += 1;
    }
  }
  return swept;
}
