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

/** The user's own bound on walltimes in hours; null for the site's. */
export async function findMaxJobHours(queries: Queries, userId: string): Promise<number | null> {
  const row = await queries
    .selectFrom('users')
    .where('id', '=', userId)
    .select('max_job_hours')
    .executeTakeFirst();
  return row?.max_job_hours ?? null;
}

/** Who owns a job, with the role of now. */
export function findOwner(queries: Queries, userId: string): Promise<Pick<Person, 'userId' | 'role'>> {
  return queries
    .selectFrom('users')
    .where('id', '=', userId)
    .select(['id as userId', 'role'])
    .executeTakeFirstOrThrow();
}
