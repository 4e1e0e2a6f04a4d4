import { FILE_TYPE, putFile, uploadFile, wireInteger } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { findFile } from '../../db/queries/files-find.ts';
import { insertFiles, type NewFile } from '../../db/queries/files-insert.ts';
import { recordFiles } from '../../db/queries/record-files.ts';
import type { FileRow } from '../../db/tables.ts';
import { giveUpHeld, keepHeld } from '../../files/keep.ts';
import { type Call, route } from '../../http/route.ts';
import { deletedSince, identityWith, writeOnce } from '../../idempotency/once.ts';
import { LIMITS } from '../../limits.ts';
import { invalidFields, storageFull, tooLarge } from '../../problems.ts';
import { BlobTooLargeError, type HeldBlob, StorageFullError } from '../../storage/storage.ts';
import type { FilesContext } from './context.ts';
import { drain } from './drain.ts';
import { readUploadForm } from './multipart.ts';
import { fileToWire } from './to-wire.ts';

/** A multipart body is this much larger than the file in it, at most. */
const FORM_BYTES = LIMITS.multipartFields * LIMITS.multipartFieldBytes;
/** POST and PUT are served alike. */
type UploadCall = Pick<
  Call<typeof uploadFile>,
  'caller' | 'stream' | 'headers' | 'signal' | 'baseUrl' | 'version' | 'warn' | 'idempotency' | 'replayed'
>;
const typeIdSchema = wireInteger({ min: 0 });

export const upload = (context: FilesContext) => route(uploadFile, (call) => receive(context, call));

export const put = (context: FilesContext) => route(putFile, (call) => receive(context, call));

/** Takes in a file; the answer comes when its bytes and its row are durable. */
async function receive(context: FilesContext, call: UploadCall) {
  try {
    return await receiveUpload(context, call);
  } catch (error) {
    // Many clients read no answer before they have sent their whole body.
    if (!call.signal.aborted) {
      await drain(call.stream);
    }
    if (error instanceof BlobTooLargeError) {
      throw tooLarge(
        `The file is larger than ${error.maxBytes} bytes, the most that one upload may have.`,
        'Split the file, or ask whoever runs the platform to raise the limit.',
      );
    }
    if (error instanceof StorageFullError) {
      throw storageFull(error);
    }
    throw error;
  }
}

async function receiveUpload(context: FilesContext, call: UploadCall) {
  const { storage } = context;
  const owner = person(call.caller);
  const form = await readUploadForm(call.stream, call.headers, {
    signal: call.signal,
    discard: (blob: HeldBlob) => giveUpHeld(context, [blob]),
    receive: (bytes, signal) =>
      storage.receive(bytes, {
        signal,
        ownsChunks: true,
        maxBytes: context.uploadBytes,
        expectedBytes: Math.max(0, Number(call.headers['content-length'] ?? 0) - FORM_BYTES),
      }),
  });
  const blob = form.received;
  const file = await keepHeld(context, [blob], async () => {
    const typeId = parseTypeId(form.typeId);
    call.signal.throwIfAborted();
    const content = { name: form.name.text, typeId, sha512: blob.sha512, sizeBytes: blob.sizeBytes };
    return await keepOnce(context, call, { ownerId: owner.userId, ...content });
  });
  if (form.ignoredParts.length > 0) {
    call.warn(`Only the part "file" is kept; ignored: ${form.ignoredParts.join(', ')}.`);
  }
  if (form.name.isGuessed) {
    call.warn(
      `The name of the file was not sent in UTF-8 and was read as Windows-1252: "${form.name.text}". PATCH the file to give it another.`,
    );
  }
  return fileToWire({ ...file, owner_email: owner.email }, call);
}

/**
 * Writes the row of an upload, or finds that of the same upload before. Of two that come at the same moment the second
 * to be complete finds the first, so neither waits for the other: a retry must not wait for a connection that is dead.
 */
async function keepOnce(context: FilesContext, call: UploadCall, upload: NewFile): Promise<FileRow> {
  const { database, clock } = context;
  let fresh: FileRow | undefined;
  const { fileId } = await writeOnce(
    context,
    {
      caller: call.caller,
      idempotency: identityWith(call.idempotency, upload),
      replayed: () => call.replayed(),
    },
    async (queries) => {
      [fresh] = await insertFiles(queries, [upload], () => clock.now());
      const event = { at: clock.now(), actorId: upload.ownerId, verb: 'created' as const };
      await recordFiles(queries, event, [fresh!]);
      return { fileId: fresh!.id };
    },
  );
  const file = fresh ?? (await findFile(database.read, fileId));
  if (!file) {
    throw deletedSince(`The file "${fileId}"`);
  }
  return file;
}

function parseTypeId(sent: string | undefined): number {
  if (sent === undefined || sent.trim() === '') {
    return FILE_TYPE.input;
  }
  const parsed = typeIdSchema.safeParse(sent);
  if (parsed.success) {
    return parsed.data;
  }
  throw invalidFields({ typeId: parsed.error.issues.map(({ message }) => message) });
}
