import { type Caller, person, seesEverything } from '../../access/caller.ts';
import type { Queries } from '../database.ts';
import type { Role } from '../tables.ts';

/** Whose jobs a caller sees: everybody's, their own, or also those of projects they manage. */
export type Reach = 'all' | 'own' | 'managed';

export function reachOf(caller: Caller): Reach {
  return seesEverything(caller) ? 'all' : reachOfRole(person(caller).role);
}

/** The reach of somebody with a key of their own. */
export function reachOfRole(role: Role): Reach {
  if (role === 'admin') {
    return 'all';
  }
  return role === 'member' ? 'own' : 'managed';
}

/** The jobs a caller may see. */
export function visibleJobs(queries: Queries, caller: Caller) {
  return jobsWithin(queries, reachOf(caller), person(caller).userId);
}

/** The jobs within the reach of a user. */
export function jobsWithin(queries: Queries, reach: Reach, userId: string) {
  const all = queries.selectFrom('jobs').where('jobs.deleted_at', 'is', null);
  if (reach === 'all') {
    return all;
  }
  if (reach === 'own') {
    return all.where('jobs.owner_id', '=', userId);
  }
  return all.where((expression) =>
    expression.or([
      expression('jobs.owner_id', '=', userId),
      expression(
        'jobs.project_id',
        'in',
        queries
          .selectFrom('project_members')
          .where('project_members.user_id', '=', userId)
          .where('project_members.is_manager', '=', 1)
          .select('project_members.project_id'),
      ),
    ]),
  );
}
