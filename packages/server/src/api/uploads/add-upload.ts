import type { Person } from '../../access/caller.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { countUnfinished } from '../../db/queries/uploads-find.ts';
import { insertUpload } from '../../db/queries/uploads-write.ts';
import type { UploadPartRow, UploadRow } from '../../db/tables.ts';
import { newId } from '../../ids.ts';
import { LIMITS } from '../../limits.ts';
import { conflict, invalidFields } from '../../problems.ts';
import { nextExpiry, type UploadsContext } from './context.ts';
import { readMetadata } from './metadata.ts';

export interface NewUpload {
  id: string;
  owner: Person;
  sizeBytes: number;
  /** As parsed by the protocol, and as sent. */
  metadata: Readonly<Record<string, string | null>>;
  sentMetadata: string;
  /** One of those that will be joined; it needs no name. */
  isPartial: boolean;
  /** The request that begins it has bytes already. */
  carriesBytes: boolean;
}

/** Begins an upload: sets its room aside, then writes its row. */
export async function addUpload(context: UploadsContext, upload: NewUpload): Promise<UploadRow> {
  const { database, storage, clock, creating } = context;
  const metadata = readMetadata(upload.metadata, upload.sentMetadata, { needsName: !upload.isPartial });
  const isDivided = metadata.partBytes !== null && !upload.isPartial && upload.sizeBytes > 0;
  if (isDivided && upload.carriesBytes) {
    throw invalidFields({ partBytes: ['A divided upload begins without bytes: send them to its parts.'] });
  }
  const row: UploadRow = {
    id: upload.id,
    owner_id: upload.owner.userId,
    name: metadata.name,
    type_id: metadata.typeId,
    size_bytes: upload.sizeBytes,
    is_executable: metadata.executable ? 1 : 0,
    date_modified: metadata.dateModified,
    metadata: upload.sentMetadata,
    fingerprint: metadata.fingerprint,
    kind: upload.isPartial ? 'partial' : isDivided ? 'divided' : 'whole',
    file_id: null,
    date_inserted: clock.now(),
    expires_at: nextExpiry(context),
  };
  const parts = isDivided ? divide(row, metadata.partBytes!) : [partOf(row, row.id, 0, row.size_bytes)];
  await refuseTooMany(context, row.owner_id);
  creating.add(row.id);
  try {
    await storage.stage(row.id, row.size_bytes);
    try {
      await database.write(async (queries) => {
        await insertUpload(queries, row, parts);
        // One that will be joined is a part of the upload that it is joined to.
        if (row.kind === 'partial') {
          return;
        }
        await recordEvent(queries, {
          at: clock.now(),
          actorId: row.owner_id,
          subject: `upload:${row.id}`,
          verb: 'created',
          detail: { name: row.name, sizeBytes: row.size_bytes },
        });
      });
    } catch (error) {
      await storage.discardStaged(row.id);
      throw error;
    }
  } finally {
    creating.delete(row.id);
  }
  return row;
}

function divide(upload: UploadRow, partBytes: number): UploadPartRow[] {
  const smallest = Math.max(
    Math.min(LIMITS.uploadPartBytes, upload.size_bytes),
    Math.ceil(upload.size_bytes / LIMITS.uploadParts),
  );
  if (partBytes < smallest) {
    throw invalidFields({
      partBytes: [
        `Ensure this value is greater than or equal to ${smallest}: a part has at least ${LIMITS.uploadPartBytes} bytes, and an upload at most ${LIMITS.uploadParts} parts.`,
      ],
    });
  }
  const ids = new Set([upload.id]);
  const parts: UploadPartRow[] = [];
  for (let start = 0; start < upload.size_bytes; start += partBytes) {
    let id = newId();
    while (ids.has(id)) {
      id = newId();
    }
    ids.add(id);
    parts.push(partOf(upload, id, start, Math.min(partBytes, upload.size_bytes - start)));
  }
  return parts;
}

function partOf(upload: UploadRow, id: string, start: number, sizeBytes: number): UploadPartRow {
  return { id, upload_id: upload.id, start, size_bytes: sizeBytes, received_bytes: 0 };
}

async function refuseTooMany({ database, clock }: UploadsContext, ownerId: string): Promise<void> {
  if ((await countUnfinished(database.read, ownerId, clock.now())) < LIMITS.uploadsPerUser) {
    return;
  }
  throw conflict(
    `There are ${LIMITS.uploadsPerUser} uploads that are not complete, which is the most a user may have.`,
    {
      code: 'too_many_uploads',
      hint: 'Complete or DELETE some of them; GET files/uploads/ lists them. Small files go faster through files/contents/ or files/bulk/.',
    },
  );
}
