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

/** Those of the given files that the user may attach to a job. */
export async function findAttachableFiles(
  queries: Queries,
  who: Pick<Person, 'userId' | 'role'>,
  ids: readonly string[],
) {
  if (ids.length === 0) return new Set<string>();
  const living = queries.selectFrom('files').where('deleted_at', 'is', null).where('id', 'in', ids);
  const own = who.role === 'admin' ? living : living.where('owner_id', '=', who.userId);
  return new Set((await own.select('id').execute()).map(({ id }) => id));
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
