import type { Insertable, Selectable, Updateable } from 'kysely';
import type { Queries } from '../database.ts';
import type { ListSource } from '../list-source.ts';
import { dateKey, splitDateKey } from '../list-source.ts';
import type { SnapshotRow } from '../tables.ts';

/** A snapshot with the file of its archive, while that is there. */
export type SnapshotWithFile = Selectable<SnapshotRow> & { name: string | null; size_bytes: number | null };

/** A run of a job. */
export interface OfRun {
  jobId: string;
  runNumber: number;
}

/** Those that are there, are made, or have failed; one whose file was deleted is no more. */
function snapshotsOf(queries: Queries, { jobId, runNumber }: OfRun) {
  return queries
    .selectFrom('snapshots')
    .leftJoin('files', (join) =>
      join.onRef('files.id', '=', 'snapshots.file_id').on('files.deleted_at', 'is', null),
    )
    .where('snapshots.job_id', '=', jobId)
    .where('snapshots.run_number', '=', runNumber)
    .where((eb) => eb.or([eb('snapshots.state', '!=', 'done'), eb('files.id', 'is not', null)]));
}

/** The snapshots of a run, newest first. */
export function listSnapshots(queries: Queries, run: OfRun): ListSource<SnapshotWithFile> {
  return {
    async count() {
      const { count } = await snapshotsOf(queries, run)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    rows({ limit, offset, after }) {
      let rows = snapshotsOf(queries, run);
      if (after !== null) {
        rows = rows.where('snapshots.date_requested', '<', splitDateKey(after).date);
      }
      return rows
        .orderBy('snapshots.date_requested', 'desc')
        .limit(limit)
        .offset(after === null ? offset : 0)
        .selectAll('snapshots')
        .select(['files.name', 'files.size_bytes'])
        .execute();
    },
    keyOf: ({ date_requested: date, id }) => dateKey(date, id),
  };
}

export async function findSnapshot(queries: Queries, id: string): Promise<SnapshotWithFile | undefined> {
  return await queries
    .selectFrom('snapshots')
    .leftJoin('files', (join) =>
      join.onRef('files.id', '=', 'snapshots.file_id').on('files.deleted_at', 'is', null),
    )
    .where('snapshots.id', '=', id)
    .selectAll('snapshots')
    .select(['files.name', 'files.size_bytes'])
    .executeTakeFirst();
}

/** A snapshot of a job by its id or that of its file, with its name while that is there. */
export async function findSnapshotOf(
  queries: Queries,
  jobId: string,
  id: string,
): Promise<SnapshotWithFile | undefined> {
  return await queries
    .selectFrom('snapshots')
    .leftJoin('files', (join) =>
      join.onRef('files.id', '=', 'snapshots.file_id').on('files.deleted_at', 'is', null),
    )
    .where('snapshots.job_id', '=', jobId)
    .where((eb) => eb.or([eb('snapshots.id', '=', id), eb('snapshots.file_id', '=', id)]))
    .selectAll('snapshots')
    .select(['files.name', 'files.size_bytes'])
    .executeTakeFirst();
}

/** The snapshot of a run that is made now. */
export async function findPendingSnapshot(queries: Queries, { jobId, runNumber }: OfRun) {
  return await queries
    .selectFrom('snapshots')
    .where('job_id', '=', jobId)
    .where('run_number', '=', runNumber)
    .where('state', '=', 'pending')
    .selectAll()
    .executeTakeFirst();
}

/** The newest snapshot of a run that is there, of one kind or of any. */
export async function findLatestSnapshot(queries: Queries, run: OfRun, kind?: SnapshotRow['kind']) {
  let rows = snapshotsOf(queries, run).where('snapshots.state', '=', 'done');
  if (kind !== undefined) {
    rows = rows.where('snapshots.kind', '=', kind);
  }
  return await rows
    .orderBy('snapshots.date_requested', 'desc')
    .selectAll('snapshots')
    .select(['files.name', 'files.size_bytes'])
    .executeTakeFirst();
}

export async function insertSnapshot(queries: Queries, row: Insertable<SnapshotRow>): Promise<void> {
  await queries.insertInto('snapshots').values(row).execute();
}

/** Ends a pending snapshot; false when it is pending no more. */
export async function endSnapshot(
  queries: Queries,
  id: string,
  end: Updateable<SnapshotRow>,
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable('snapshots')
    .set(end)
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** What a pending snapshot is made of; undefined when its job was deleted, or it is pending no more. */
export async function findSnapshotToMake(queries: Queries, id: string) {
  return await queries
    .selectFrom('snapshots')
    .innerJoin('jobs', 'jobs.id', 'snapshots.job_id')
    .innerJoin('runs', (join) =>
      join.onRef('runs.job_id', '=', 'snapshots.job_id').onRef('runs.number', '=', 'snapshots.run_number'),
    )
    .leftJoin('clusters', 'clusters.id', 'jobs.cluster_id')
    .where('snapshots.id', '=', id)
    .where('snapshots.state', '=', 'pending')
    .where('jobs.deleted_at', 'is', null)
    .selectAll('snapshots')
    .select([
      'jobs.owner_id',
      'jobs.is_sweep',
      'runs.outcome',
      'runs.batch',
      'runs.directory',
      'runs.date_started',
      'runs.attempt',
      'clusters.id as cluster_id',
      'clusters.directory as cluster_directory',
      'clusters.shares_files',
    ])
    .executeTakeFirst();
}

export async function listPendingSnapshots(queries: Queries): Promise<string[]> {
  const rows = await queries
    .selectFrom('snapshots')
    .where('state', '=', 'pending')
    .orderBy('date_requested')
    .select('id')
    .execute();
  return rows.map(({ id }) => id);
}

/** Files of snapshots of a kind beyond the newest so many, that no job takes which has yet to end. */
export async function findOldSnapshotFiles(
  queries: Queries,
  { jobId, runNumber }: OfRun,
  { kind, keep }: { kind: SnapshotRow['kind']; keep: number },
): Promise<string[]> {
  const rows = await queries
    .selectFrom('snapshots')
    .innerJoin('files', 'files.id', 'snapshots.file_id')
    .where('snapshots.job_id', '=', jobId)
    .where('snapshots.run_number', '=', runNumber)
    .where('snapshots.kind', '=', kind)
    .where('files.deleted_at', 'is', null)
    .orderBy('snapshots.date_requested', 'desc')
    .select(({ exists, selectFrom }) => [
      'files.id',
      exists(
        selectFrom('job_inputs')
          .innerJoin('jobs', 'jobs.id', 'job_inputs.job_id')
          .whereRef('job_inputs.file_id', '=', 'files.id')
          .where('jobs.is_completed', '=', 0)
          .where('jobs.deleted_at', 'is', null)
          .select('job_inputs.file_id'),
      ).as('is_taken'),
    ])
    .execute();
  return rows.slice(keep).flatMap(({ id, is_taken }) => (Number(is_taken) === 1 ? [] : [id]));
}

/** Forgets what is told of old snapshots of a run that have failed or whose files are gone, but for the newest of all. */
export async function forgetSnapshots(
  queries: Queries,
  { jobId, runNumber }: OfRun,
  mostRows: number,
): Promise<void> {
  const oldest = await queries
    .selectFrom('snapshots')
    .where('job_id', '=', jobId)
    .where('run_number', '=', runNumber)
    .orderBy('date_requested', 'desc')
    .offset(mostRows)
    .limit(1)
    .select('date_requested')
    .executeTakeFirst();
  if (oldest === undefined) {
    return;
  }
  await queries
    .deleteFrom('snapshots')
    .where('job_id', '=', jobId)
    .where('run_number', '=', runNumber)
    .where('date_requested', '<=', oldest.date_requested)
    .where('state', '!=', 'pending')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('files')
            .whereRef('files.id', '=', 'snapshots.file_id')
            .where('files.deleted_at', 'is', null)
            .select('files.id'),
        ),
      ),
    )
    .execute();
}
