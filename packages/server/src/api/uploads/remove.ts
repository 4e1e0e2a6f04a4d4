import { type Caller, person } from '../../access/caller.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { findParts } from '../../db/queries/uploads-find.ts';
import { deleteUpload, recordProgress } from '../../db/queries/uploads-write.ts';
import { conflict } from '../../problems.ts';
import type { UploadsContext } from './context.ts';
import { findOwn } from './find-own.ts';

/**
 * Gives up an upload with all that arrived of it; a part of a divided one begins again at its first byte. The caller
 * has the lock of what `id` names. What an upload has become stays.
 */
export async function remove(context: UploadsContext, caller: Caller, id: string): Promise<void> {
  const { database, storage, clock, locks } = context;
  const { upload, part } = await findOwn(context, caller, id);
  if (context.finishing.has(upload.id)) {
    throw becomingFile();
  }
  if (part !== null && upload.kind === 'divided') {
    if (upload.file_id !== null) {
      throw conflict('This upload has become a file, whose bytes do not change any more.', {
        code: 'upload_finished',
        hint: 'GET the upload to learn the id of the file.',
      });
    }
    await database.write(
      (queries) => recordProgress(queries, { ...part, received_bytes: 0 }, upload.expires_at),
      { mayUseReserve: true },
    );
    return;
  }
  const parts = (await findParts(database.read, [upload.id])).get(upload.id)!;
  const releases: (() => void)[] = [];
  try {
    // Those that send a part must have ended before its place is taken away.
    for (const { id: partId } of parts) {
      if (partId !== id) {
        releases.push(await locks.take(partId, () => undefined));
      }
    }
    // That may have taken a while.
    if (context.finishing.has(upload.id)) {
      throw becomingFile();
    }
    await database.write(
      async (queries) => {
        await deleteUpload(queries, upload.id);
        await recordEvent(queries, {
          at: clock.now(),
          actorId: person(caller).userId,
          subject: `upload:${upload.id}`,
          verb: 'deleted',
          detail: { name: upload.name },
        });
      },
      { mayUseReserve: true },
    );
    await storage.discardStaged(upload.id);
  } finally {
    for (const release of releases) {
      release();
    }
  }
}

/** While the file is made, nothing of the upload may change. */
export function becomingFile() {
  return conflict('This upload is becoming a file at this moment.', {
    code: 'upload_finishing',
    hint: 'Wait for the answer to finish/, or GET the upload until it shows its file.',
  });
}
