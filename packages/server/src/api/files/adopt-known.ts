import { adoptKnownFiles } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { findFiles } from '../../db/queries/files-find.ts';
import { insertFiles } from '../../db/queries/files-insert.ts';
import type { FileWithOwner } from '../../db/queries/files-list.ts';
import { recordFiles } from '../../db/queries/record-files.ts';
import { release } from '../../files/keep.ts';
import { findKnownBytes, findKnownSizes } from '../../files/visibility.ts';
import { route } from '../../http/route.ts';
import { deletedSince, once } from '../../idempotency/once.ts';
import { storageFull } from '../../problems.ts';
import { type HeldBlob, StorageFullError } from '../../storage/storage.ts';
import { type Announced, newFileOf } from './announced.ts';
import type { FilesContext } from './context.ts';
import { fileToWire } from './to-wire.ts';

/** What came of each entry: the id of its file, or whether its bytes may be known. */
interface Adopted {
  results: Array<{ fileId: string | null; maybeKnown: boolean }>;
}

/**
 * Makes files of bytes that the caller may read already. Of bytes that only others have it says what it says of those
 * that nobody has, and does the same work for it: who guesses digests learns nothing.
 */
export const adoptKnown = (context: FilesContext) =>
  route(adoptKnownFiles, async (call) => {
    const owner = person(call.caller);
    const held = new Map<string, HeldBlob>();
    const fresh = new Map<string, FileWithOwner>();
    try {
      const { results } = await once<Adopted>(context, call, async () => {
        const asked = call.body.files.map(lowerCased);
        const { database, storage } = context;
        const sizes = await findKnownSizes(
          database.read,
          call.caller,
          distinct(asked.filter(isUnhashed), 'sizeBytes'),
        );
        const known = await findKnownBytes(database.read, call.caller, distinct(asked, 'sha512'));
        await Promise.all(
          known.map(async (bytes) => {
            const blob = await storage.hold(bytes);
            if (blob) {
              held.set(blob.sha512, blob);
            }
          }),
        );
        return async (queries) => {
          const taken = asked.map((file) => {
            const blob = file.sha512 === undefined ? undefined : held.get(file.sha512);
            return blob?.sizeBytes === file.sizeBytes ? newFileOf(file, blob.sha512, owner.userId) : null;
          });
          const adopted = taken.filter((file) => file !== null);
          const made = await insertFiles(queries, adopted, () => context.clock.now());
          const event = { at: context.clock.now(), actorId: owner.userId, verb: 'created' as const };
          await recordFiles(queries, event, made);
          const rows = made.values();
          return {
            results: asked.map((file, position) => {
              if (taken[position] === null) {
                return { fileId: null, maybeKnown: isUnhashed(file) && sizes.has(file.sizeBytes) };
              }
              const row = rows.next().value!;
              fresh.set(row.id, { ...row, owner_email: owner.email });
              return { fileId: row.id, maybeKnown: true };
            }),
          };
        };
      });
      const files = fresh.size > 0 ? fresh : await findMade(context, results);
      return {
        results: results.map(({ fileId, maybeKnown }) => ({
          file: fileId === null ? null : fileToWire(files.get(fileId)!, call),
          maybeKnown,
        })),
      };
    } catch (error) {
      throw error instanceof StorageFullError ? storageFull(error) : error;
    } finally {
      release(held.values());
    }
  });

/** The files that an earlier request with the same key made, as they are now. */
async function findMade(
  context: FilesContext,
  results: Adopted['results'],
): Promise<Map<string, FileWithOwner>> {
  const ids = results.flatMap(({ fileId }) => fileId ?? []);
  if (ids.length === 0) {
    return new Map();
  }
  return await findAllFiles(context, ids);
}

/** Files by id; refuses with 409 when one of them has been deleted. */
export async function findAllFiles(
  { database }: FilesContext,
  ids: readonly string[],
): Promise<Map<string, FileWithOwner>> {
  const files = new Map((await findFiles(database.read, ids)).map((file) => [file.id, file]));
  const gone = ids.find((id) => !files.has(id));
  if (gone !== undefined) {
    throw deletedSince(`The file "${gone}"`);
  }
  return files;
}

function lowerCased(file: Announced): Announced {
  return file.sha512 === undefined ? file : { ...file, sha512: file.sha512.toLowerCase() };
}

function isUnhashed(file: Announced): boolean {
  return file.sha512 === undefined;
}

/** The different values of a field, where it is given. */
function distinct<Field extends 'sha512' | 'sizeBytes'>(
  files: readonly Announced[],
  field: Field,
): Array<NonNullable<Announced[Field]>> {
  return [...new Set(files.flatMap((file) => file[field] ?? []))] as Array<NonNullable<Announced[Field]>>;
}
