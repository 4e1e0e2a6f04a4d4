/**
 * Who may know of a file and read it, in one rule for one file and for many: its owner, an administrator, whoever manages
 * the project of the job that made it, and the agent whose job takes it. `db/queries/readable-files.ts` is the rule in SQL.
 */
import { type Caller, type Person, person, seesEverything } from '../access/caller.ts';
import type { Queries } from '../db/database.ts';
import { findFile } from '../db/queries/files-find.ts';
import { isInputOf } from '../db/queries/files-in-use.ts';
import type { FileWithOwner } from '../db/queries/files-list.ts';
import { pickTemplateFiles } from '../db/queries/job-templates.ts';
import { findBlobSizes, findFileWithin, pickWithin } from '../db/queries/readable-files.ts';
import { reachOf } from '../db/queries/visible-jobs.ts';
import { notFound } from '../problems.ts';

/** SQLite binds at most 32,766 values to a statement. */
const IDS_AT_ONCE = 1000;

/** The file, if the caller may know of it. */
export async function findVisibleFile(
  queries: Queries,
  caller: Caller,
  fileId: string,
): Promise<FileWithOwner> {
  const file =
    caller.kind === 'agent'
      ? await findInput(queries, caller.jobId, fileId)
      : await findFileWithin(queries, reachOf(caller), person(caller).userId, fileId);
  if (file === undefined) {
    throw notFound(`There is no file "${fileId}" that you may see.`);
  }
  return file;
}

async function findInput(queries: Queries, jobId: string, fileId: string) {
  return (await isInputOf(queries, fileId, jobId)) ? await findFile(queries, fileId) : undefined;
}

/** Bytes that a living file has. */
export interface KnownBytes {
  sha512: string;
  sizeBytes: number;
}

/** Which of these digests a file has that the caller may read, with the size of its bytes; for thousands at once. */
export async function findKnownBytes(
  queries: Queries,
  caller: Caller,
  digests: readonly string[],
): Promise<KnownBytes[]> {
  const wanted = { column: 'sha512', values: digests } as const;
  const readable = await pickWithin(queries, reachOf(caller), person(caller).userId, wanted);
  return readable.length === 0 ? [] : await findBlobSizes(queries, readable);
}

/** Which of these sizes, in bytes, a file has that the caller may read. */
export async function findKnownSizes(
  queries: Queries,
  caller: Caller,
  sizes: readonly number[],
): Promise<Set<number>> {
  const wanted = { column: 'size_bytes', values: sizes } as const;
  return new Set(await pickWithin(queries, reachOf(caller), person(caller).userId, wanted));
}

/**
 * Those of the given files that the owner of a job may attach to it: their own, any for an administrator, and those
 * that a job template names which they may use. A job runs with the reach of its owner, so what somebody sees as the manager of a
 * project is not among them.
 */
export async function findAttachableFiles(
  queries: Queries,
  owner: Pick<Person, 'userId' | 'role'>,
  ids: readonly string[],
): Promise<Set<string>> {
  const wanted = [...new Set(ids)];
  const reach = owner.role === 'admin' ? 'all' : 'own';
  const found = new Set<string>();
  for (let start = 0; start < wanted.length; start += IDS_AT_ONCE) {
    const values = wanted.slice(start, start + IDS_AT_ONCE);
    for (const id of await pickWithin(queries, reach, owner.userId, { column: 'id', values })) {
      found.add(id);
    }
    const others = values.filter((id) => !found.has(id));
    for (const id of others.length > 0 ? await pickTemplateFiles(queries, owner, others) : []) {
      found.add(id);
    }
  }
  return found;
}

/** Whose files a list shows: an administrator sees everybody's unless they ask for their own; null for everybody's. */
export function ownerOfListed(caller: Caller, onlyOwn: boolean): string | null {
  return seesEverything(caller) && !onlyOwn ? null : person(caller).userId;
}
