import type { Queries } from '../database.ts';

/** Numbers of the projects that storage devices have, deleted ones included, ascending. */
export async function findQuotaProjects(queries: Queries): Promise<number[]> {
  const rows = await queries
    .selectFrom('storage_devices')
    .where('quota_project', 'is not', null)
    .orderBy('quota_project')
    .select('quota_project')
    .execute();
  return rows.map(({ quota_project }) => quota_project!);
}

/** Gives a device a project, or takes it away. */
export async function writeQuotaProject(
  queries: Queries,
  deviceId: string,
  project: number | null,
): Promise<void> {
  await queries
    .updateTable('storage_devices')
    .set({ quota_project: project, is_held: 0 })
    .where('id', '=', deviceId)
    .execute();
}

export async function writeHeld(queries: Queries, deviceId: string, isHeld: boolean): Promise<void> {
  await queries
    .updateTable('storage_devices')
    .set({ is_held: isHeld ? 1 : 0 })
    .where('id', '=', deviceId)
    .execute();
}

/** Deleted devices that still have a project. */
export async function findDeletedWithQuota(queries: Queries) {
  const rows = await queries
    .selectFrom('storage_devices')
    .where('quota_project', 'is not', null)
    .where('deleted_at', 'is not', null)
    .select(['id', 'quota_project'])
    .execute();
  return rows.map(({ id, quota_project }) => ({ id, project: quota_project! }));
}
