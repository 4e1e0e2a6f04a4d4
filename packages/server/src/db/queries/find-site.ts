import type { Person } from '../../access/caller.ts';
import type { Queries } from '../database.ts';

/** Projects whose jobs a user may create, in order of name; administrators may use all of them. */
export function findUsableProjects(queries: Queries, who: Pick<Person, 'userId' | 'role'>) {
  const active = queries.selectFrom('projects').where('projects.is_active', '=', 1);
  const own = active.where((expression) =>
    expression(
      'projects.id',
      'in',
      queries.selectFrom('project_members').where('user_id', '=', who.userId).select('project_id'),
    ),
  );
  return (who.role === 'admin' ? active : own)
    .orderBy('projects.name')
    .orderBy('projects.id')
    .selectAll('projects')
    .execute();
}

/** SQLite binds at most 32,766 values to a statement. */
const IDS_AT_ONCE = 1000;

/** Those of the given files that the user may attach to a job. */
export async function findAttachableFiles(
  queries: Queries,
  who: Pick<Person, 'userId' | 'role'>,
  ids: readonly string[],
) {
  const wanted = [...new Set(ids)];
  const found = new Set<string>();
  for (let start = 0; start < wanted.length; start += IDS_AT_ONCE) {
    const living = queries
      .selectFrom('files')
      .where('deleted_at', 'is', null)
      .where('id', 'in', wanted.slice(start, start + IDS_AT_ONCE));
    const own = who.role === 'admin' ? living : living.where('owner_id', '=', who.userId);
    for (const { id } of await own.select('id').execute()) found.add(id);
  }
  return found;
}

/** The user's own bound on walltimes in hours; null for the site's. */
export async function findMaxJobHours(queries: Queries, userId: string): Promise<number | null> {
  const row = await queries
    .selectFrom('users')
    .where('id', '=', userId)
    .select('max_job_hours')
    .executeTakeFirst();
  return row?.max_job_hours ?? null;
}
