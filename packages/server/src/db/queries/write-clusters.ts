import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';

/** Notes how the agent of a cluster is found again, and how many slots it was given. */
export async function noteStarted(
  queries: Queries,
  clusterId: string,
  handle: Record<string, unknown>,
  slots: number,
): Promise<void> {
  await queries
    .updateTable('clusters')
    .set({ handle: JSON.stringify(handle), slots_granted: slots })
    .where('id', '=', clusterId)
    .execute();
}

/** Notes that outputs lie in the directory of a cluster that could be kept nowhere else. */
export async function noteHeldOutputs(queries: Queries, clusterId: string): Promise<void> {
  await queries.updateTable('clusters').set({ holds_outputs: 1 }).where('id', '=', clusterId).execute();
}

/** Notes that a cluster has ended, unless that is known; answers its directory, and whether that is to stay. */
export async function noteEnded(
  queries: Queries,
  clusterId: string,
  at: Instant,
): Promise<{ directory: string; sharesFiles: boolean; holdsOutputs: boolean }> {
  await queries
    .updateTable('clusters')
    .set({ is_ended: 1, date_ended: at })
    .where('id', '=', clusterId)
    .where('is_ended', '=', 0)
    .execute();
  const { directory, shares_files, holds_outputs } = await queries
    .selectFrom('clusters')
    .where('id', '=', clusterId)
    .select(['directory', 'shares_files', 'holds_outputs'])
    .executeTakeFirstOrThrow();
  return { directory, sharesFiles: shares_files === 1, holdsOutputs: holds_outputs === 1 };
}

/** Notes which host the agent of a cluster is on. */
export async function noteHost(queries: Queries, clusterId: string, hostname: string): Promise<void> {
  await queries.updateTable('clusters').set({ hostname }).where('id', '=', clusterId).execute();
}

/** Notes the last event of an agent that was applied. */
export async function noteApplied(queries: Queries, clusterId: string, seq: number): Promise<void> {
  await queries.updateTable('clusters').set({ applied_event: seq }).where('id', '=', clusterId).execute();
}
