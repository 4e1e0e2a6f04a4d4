/** Outputs that agents bring which share no disk with the server. */
import type { Queries } from '../database.ts';
import type { DeliveryRow } from '../tables.ts';

/** Digests in one query. */
const AT_ONCE = 500;

/** Those of a cluster among these digests. */
export async function findDeliveries(
  queries: Queries,
  clusterId: string,
  digests: readonly string[],
): Promise<Map<string, DeliveryRow>> {
  const found = new Map<string, DeliveryRow>();
  for (let from = 0; from < digests.length; from += AT_ONCE) {
    const rows = await queries
      .selectFrom('deliveries')
      .where('cluster_id', '=', clusterId)
      .where('sha512', 'in', digests.slice(from, from + AT_ONCE))
      .selectAll()
      .execute();
    for (const row of rows) {
      found.set(row.sha512, row);
    }
  }
  return found;
}

/** Which of these digests are those of files of a job: its outputs, and what it was given. */
export async function pickOwnDigests(
  queries: Queries,
  jobId: string,
  digests: readonly string[],
): Promise<Set<string>> {
  const own = new Set<string>();
  for (let from = 0; from < digests.length; from += AT_ONCE) {
    const some = digests.slice(from, from + AT_ONCE);
    const rows = await queries
      .selectFrom('files')
      .where('job_id', '=', jobId)
      .where('deleted_at', 'is', null)
      .where('sha512', 'in', some)
      .select('sha512')
      .union(
        queries
          .selectFrom('job_inputs')
          .innerJoin('files', 'files.id', 'job_inputs.file_id')
          .where('job_inputs.job_id', '=', jobId)
          .where('files.deleted_at', 'is', null)
          .where('files.sha512', 'in', some)
          .select('files.sha512'),
      )
      .execute();
    for (const { sha512 } of rows) {
      own.add(sha512);
    }
  }
  return own;
}

/** Writes how far deliveries have come, in place of what was known of them. */
export async function writeDeliveries(queries: Queries, rows: readonly DeliveryRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    await queries
      .insertInto('deliveries')
      .values(rows.slice(from, from + AT_ONCE))
      .onConflict((conflict) =>
        conflict.columns(['cluster_id', 'sha512']).doUpdateSet(({ ref }) => ({
          size_bytes: ref('excluded.size_bytes'),
          received_bytes: ref('excluded.received_bytes'),
          is_stored: ref('excluded.is_stored'),
        })),
      )
      .execute();
  }
}

/** Forgets one that has to be begun anew. */
export async function forgetDelivery(queries: Queries, id: string): Promise<void> {
  await queries.deleteFrom('deliveries').where('id', '=', id).execute();
}

/** Forgets what a cluster has brought, and answers it: its bytes belong to files by now, or to nobody. */
export async function takeDeliveries(queries: Queries, clusterId: string): Promise<DeliveryRow[]> {
  return await queries.deleteFrom('deliveries').where('cluster_id', '=', clusterId).returningAll().execute();
}

/** Clusters that have ended and whose deliveries are still there, as a crash leaves them. */
export async function findEndedDeliverers(queries: Queries): Promise<string[]> {
  const rows = await queries
    .selectFrom('deliveries')
    .innerJoin('clusters', 'clusters.id', 'deliveries.cluster_id')
    .where('clusters.is_ended', '=', 1)
    .select('deliveries.cluster_id')
    .distinct()
    .execute();
  return rows.map(({ cluster_id }) => cluster_id);
}

/** Digests of what is in the store and may belong to no file yet. */
export async function findStoredDeliveries(queries: Queries): Promise<string[]> {
  const rows = await queries
    .selectFrom('deliveries')
    .where('is_stored', '=', 1)
    .select('sha512')
    .distinct()
    .execute();
  return rows.map(({ sha512 }) => sha512);
}

/** The names under which bytes of deliveries are staged. */
export async function findStagedDeliveries(queries: Queries): Promise<string[]> {
  const rows = await queries.selectFrom('deliveries').where('is_stored', '=', 0).select('id').execute();
  return rows.map(({ id }) => id);
}
