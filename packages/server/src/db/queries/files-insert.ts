import { randomBytes } from 'node:crypto';
import type { Instant } from '../../clock.ts';
import { newId } from '../../ids.ts';
import type { Queries } from '../database.ts';
import type { FileRow } from '../tables.ts';
import { foldForSearch } from './files-list.ts';

const ENCRYPTION_KEY_BYTES = 32;
/** Databases bound the parameters of one statement, and each length of statement is prepared once. */
const ROWS_PER_STATEMENT = 100;

export interface NewFile {
  ownerId: string;
  name: string;
  typeId: number;
  sha512: string;
  sizeBytes: number;
  /**
   * The run whose output this is, and where in its work directory; absent for uploads. A sweep lists the outputs of
   * each run under a directory of its own.
   */
  output?: { jobId: string; runNumber: number; relativePath: string; isOfSweep: boolean };
}

/**
 * Writes files and the blobs they point to, in the order given. The blobs must be held from before this write
 * until it is durable, so that the collector cannot take them in between.
 */
export async function insertFiles(
  queries: Queries,
  files: readonly NewFile[],
  now: () => Instant,
): Promise<FileRow[]> {
  const rows: FileRow[] = [];
  for (let from = 0; from < files.length; from += ROWS_PER_STATEMENT) {
    const part = files.slice(from, from + ROWS_PER_STATEMENT);
    const ids = await unusedIds(queries, part.length);
    const fresh = part.map((file, index) => toRow(file, ids[index]!, now()));
    const blobs = new Map(
      fresh.map((row) => [
        row.sha512,
        {
          sha512: row.sha512,
          size_bytes: row.size_bytes,
          date_inserted: row.date_uploaded,
          collected_at: null,
        },
      ]),
    );
    await queries
      .insertInto('blobs')
      .values([...blobs.values()])
      .onConflict((conflict) => conflict.column('sha512').doUpdateSet({ collected_at: null }))
      .execute();
    await queries.insertInto('files').values(fresh).execute();
    rows.push(...fresh);
  }
  for (const [ownerId, count] of countBy(rows)) await addToFileCount(queries, ownerId, count);
  return rows;
}

/** Keeps the counter of an owner's living files true; whoever adds or deletes files says so here. */
export async function addToFileCount(queries: Queries, ownerId: string, change: number): Promise<void> {
  await queries
    .insertInto('file_counts')
    .values({ owner_id: ownerId, files: change })
    .onConflict((conflict) =>
      conflict.column('owner_id').doUpdateSet((eb) => ({ files: eb('file_counts.files', '+', change) })),
    )
    .execute();
}

/** Number of rows per owner. */
export function countBy(rows: readonly { owner_id: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { owner_id } of rows) counts.set(owner_id, (counts.get(owner_id) ?? 0) + 1);
  return counts;
}

async function unusedIds(queries: Queries, count: number): Promise<string[]> {
  const ids = new Set<string>();
  while (ids.size < count) {
    const candidates = Array.from({ length: count - ids.size }, newId);
    const used = await queries.selectFrom('files').where('id', 'in', candidates).select('id').execute();
    const taken = new Set(used.map(({ id }) => id));
    for (const id of candidates) if (!taken.has(id)) ids.add(id);
  }
  return [...ids];
}

function toRow(file: NewFile, id: string, dateUploaded: Instant): FileRow {
  const { ownerId, name, output } = file;
  const inRun = output && `run${output.runNumber}/${output.relativePath}`;
  const relativePath = (output?.isOfSweep ? inRun : output?.relativePath) ?? name;
  const directory = `user/user_${ownerId}`;
  return {
    id,
    owner_id: ownerId,
    name,
    type_id: file.typeId,
    sha512: file.sha512,
    size_bytes: file.sizeBytes,
    relative_path: relativePath,
    search_text: searchText(name, relativePath),
    path: output
      ? `${directory}/output/job_${output.jobId}/${inRun}`
      : `${directory}/${name}-${randomBytes(6).toString('hex')}`,
    encryption_key: randomBytes(ENCRYPTION_KEY_BYTES).toString('base64'),
    job_id: output?.jobId ?? null,
    run_number: output?.runNumber ?? null,
    date_uploaded: dateUploaded,
    deleted_at: null,
  };
}

/** What `search` looks through; the line break keeps a search from matching across the two. */
export function searchText(name: string, relativePath: string): string {
  return foldForSearch(name === relativePath ? name : `${name}\n${relativePath}`);
}
