import { type FileObject, uploadFiles } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { insertFiles, type NewFile } from '../../db/queries/files-insert.ts';
import type { FileWithOwner } from '../../db/queries/files-list.ts';
import { recordFiles } from '../../db/queries/record-files.ts';
import { keepHeld } from '../../files/keep.ts';
import { type Call, route } from '../../http/route.ts';
import { identityWith, writeOnce } from '../../idempotency/once.ts';
import { LIMITS } from '../../limits.ts';
import { storageFull } from '../../problems.ts';
import { type HeldBlob, StorageFullError } from '../../storage/storage.ts';
import { findAllFiles } from './adopt-known.ts';
import { newFileOf } from './announced.ts';
import { type BulkForm, readBulkForm, refuseWhere } from './bulk-form.ts';
import type { FilesContext } from './context.ts';
import { drain } from './drain.ts';
import { fileToWire } from './to-wire.ts';

type BulkCall = Call<typeof uploadFiles>;

/** Takes in many small files, all of them or none; the answer comes when their bytes and rows are durable. */
export const uploadMany = (context: FilesContext) =>
  route(uploadFiles, async (call): Promise<{ files: FileObject[] }> => {
    try {
      const giveBack = await context.bulkMemory.take(memoryFor(call), call.signal);
      try {
        const form = await readBulkForm(call.stream, call.headers, call.signal);
        for (const words of form.ignored) {
          call.warn(words);
        }
        return { files: await keep(context, call, form) };
      } finally {
        giveBack();
      }
    } catch (error) {
      // Many clients read no answer before they have sent their whole body.
      if (!call.signal.aborted) {
        await drain(call.stream);
      }
      if (error instanceof StorageFullError) {
        throw storageFull(error);
      }
      throw error;
    }
  });

async function keep(context: FilesContext, call: BulkCall, { files }: BulkForm): Promise<FileObject[]> {
  const owner = person(call.caller);
  const held = await context.storage.receiveMany(files.map(({ chunks }) => chunks));
  const rows = await keepHeld(context, held, async () => {
    call.signal.throwIfAborted();
    refuseOtherDigests(files, held);
    const wanted = files.map(({ announced }, position) =>
      newFileOf(announced, held[position]!.sha512, owner.userId),
    );
    return keepOnce(context, call, wanted);
  });
  return rows.map((row) => fileToWire({ ...row, owner_email: owner.email }, call));
}

/** Writes the rows in one transaction, or finds those of the same upload before. */
async function keepOnce(
  context: FilesContext,
  call: BulkCall,
  wanted: readonly NewFile[],
): Promise<Array<Omit<FileWithOwner, 'owner_email'>>> {
  const { clock } = context;
  const fresh = new Map<string, Omit<FileWithOwner, 'owner_email'>>();
  const { fileIds } = await writeOnce(
    context,
    {
      caller: call.caller,
      idempotency: identityWith(call.idempotency, wanted),
      replayed: () => call.replayed(),
    },
    async (queries) => {
      const rows = await insertFiles(queries, wanted, () => clock.now());
      const event = { at: clock.now(), actorId: person(call.caller).userId, verb: 'created' as const };
      await recordFiles(queries, event, rows);
      for (const row of rows) {
        fresh.set(row.id, row);
      }
      return { fileIds: rows.map(({ id }) => id) };
    },
  );
  const files = fresh.size > 0 ? fresh : await findAllFiles(context, fileIds);
  return fileIds.map((id) => files.get(id)!);
}

function refuseOtherDigests(files: BulkForm['files'], held: readonly HeldBlob[]): void {
  refuseWhere(files, ({ announced }, position) => {
    const { sha512 } = held[position]!;
    if (announced.sha512 === undefined || announced.sha512.toLowerCase() === sha512) {
      return null;
    }
    return { sha512: [`The bytes that arrived have another SHA-512, ${sha512}. Send them again.`] };
  });
}

/** What a request may hold: as much as it says that it sends, and no more than it may. */
function memoryFor({ headers }: BulkCall): number {
  const most = LIMITS.bulkBytes + LIMITS.bulkManifestBytes;
  return Math.min(most, Number(headers['content-length'] ?? most) || most);
}
