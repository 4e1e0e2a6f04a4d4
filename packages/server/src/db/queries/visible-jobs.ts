import { type Caller, person, seesEverything } from '../../access/caller.ts';
import type { Queries } from '../database.ts';

/** The jobs a caller may see: their own, those of projects they manage, and for administrators all. */
export function visibleJobs(queries: Queries, caller: Caller) {
  const all = queries.selectFrom('jobs').where('jobs.deleted_at', 'is', null);
  if (seesEverything(caller)) return all;
  const { userId, role } = person(caller);
  if (role === 'member') return all.where('jobs.owner_id', '=', userId);
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
