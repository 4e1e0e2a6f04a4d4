import { randomBytes } from 'node:crypto';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Instant } from '../../clock.ts';
import { newId } from '../../ids.ts';
import type { Queries } from '../database.ts';
import { prepared } from '../prepared.ts';
import type { BlobRow, FileRow } from '../tables.ts';
import { foldForSearch } from './files-list.ts';

const ENCRYPTION_KEY_BYTES = 32;
/** Rows that are written before others get their turn. */
const ROWS_IN_A_TURN = 200;

export interface NewFile {
  ownerId: string;
  name: string;
  typeId: number;
  sha512: string;
  sizeBytes: number;
  /** Where it came from; false when absent. */
  executable?: boolean;
  /** When its content changed last where it came from. */
  dateModified?: Instant | null;
  /** Left by a run that was cut off; false when absent. */
  unfinished?: boolean;
  /**
   * The run whose output this is, and where in its work directory; absent for uploads. A sweep lists the outputs of
   * each run under a directory of its own.
   */
  output?: { jobId: string; runNumber: number; relativePath: string; isOfSweep: boolean };
}

const insertBlob = prepared(
  ['sha512', 'size_bytes', 'date_inserted'],
  (queries, blob: Pick<BlobRow, 'sha512' | 'size_bytes' | 'date_inserted'>) =>
    queries
      .insertInto('blobs')
      .values({ ...blob, collected_at: null })
      .onConflict((conflict) => conflict.column('sha512').doUpdateSet({ collected_at: null })),
);

const insertFile = prepared(
  [
    'id',
    'owner_id',
    'name',
    'type_id',
    'sha512',
    'size_bytes',
    'relative_path',
    'search_text',
    'path',
    'encryption_key',
    'job_id',
    'run_number',
    'date_uploaded',
    'is_executable',
    'date_modified',
    'is_unfinished',
  ],
  (queries, file: Omit<FileRow, 'deleted_at'>) =>
    queries
      .insertInto('files')
      .values({ ...file, deleted_at: null })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id'),
);

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
  for (const file of files) {
    const row = toRow(file, now());
    await insertBlob(queries, row.blob);
    // Taken by another file: the next one will do.
    while ((await insertFile(queries, row.file)).length === 0) {
      row.file.id = newId();
    }
    rows.push({ ...row.file, deleted_at: null });
    if (rows.length % ROWS_IN_A_TURN === 0) {
      await letOthersRun();
    }
  }
  for (const [ownerId, count] of countBy(rows)) {
    await addToFileCount(queries, ownerId, count);
  }
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
  for (const { owner_id } of rows) {
    counts.set(owner_id, (counts.get(owner_id) ?? 0) + 1);
  }
  return counts;
}

function toRow(file: NewFile, date: Instant) {
  const { ownerId, name, output, sha512, sizeBytes } = file;
  const inRun = output && `run${output.runNumber}/${output.relativePath}`;
  const relativePath = (output?.isOfSweep ? inRun : output?.relativePath) ?? name;
  const directory = `user/user_${ownerId}`;
  return {
    blob: { sha512, size_bytes: sizeBytes, date_inserted: date },
    file: {
      id: newId(),
      owner_id: ownerId,
      name,
      type_id: file.typeId,
      sha512,
      size_bytes: sizeBytes,
      relative_path: relativePath,
      search_text: searchText(name, relativePath),
      path: output
        ? `${directory}/output/job_${output.jobId}/${inRun}`
        : `${directory}/${name}-${randomBytes(6).toString('hex')}`,
      encryption_key: randomBytes(ENCRYPTION_KEY_BYTES).toString('base64'),
      job_id: output?.jobId ?? null,
      run_number: output?.runNumber ?? null,
      date_uploaded: date,
      is_executable: file.executable ? (1 as const) : (0 as const),
      date_modified: file.dateModified ?? null,
      is_unfinished: file.unfinished ? (1 as const) : (0 as const),
    },
  };
}

/** What `search` looks through; the line break keeps a search from matching across the two. */
export function searchText(name: string, relativePath: string): string {
  return foldForSearch(name === relativePath ? name : `${name}\n${relativePath}`);
}
