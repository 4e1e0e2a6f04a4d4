import { FILE_TYPE } from '@quarry/contract';
import type { Clock } from '../clock.ts';
import type { Queries } from '../db/database.ts';
import { insertFiles } from '../db/queries/files-insert.ts';
import { recordFiles } from '../db/queries/record-files.ts';
import type { HeldBlob } from '../storage/storage.ts';

/** Makes held bytes a file of somebody; answers what a result tells of it. */
export async function addFile(
  { queries, clock }: { queries: Queries; clock: Clock },
  ownerId: string,
  name: string,
  { sha512, sizeBytes }: HeldBlob,
): Promise<{ fileId: string; name: string; sizeBytes: number }> {
  const file = { ownerId, name, typeId: FILE_TYPE.input, sha512, sizeBytes };
  const [row] = await insertFiles(queries, [file], clock.now);
  await recordFiles(queries, { at: clock.now(), actorId: ownerId, verb: 'created' }, [row!]);
  return { fileId: row!.id, name, sizeBytes };
}
