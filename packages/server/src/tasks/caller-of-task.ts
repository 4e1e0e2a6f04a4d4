import type { Caller } from '../access/caller.ts';
import type { Queries } from '../db/database.ts';
import type { StoredTask } from '../db/queries/tasks.ts';
import { findUserRow } from '../db/queries/users.ts';
import { forbidden } from '../problems.ts';

/**
 * Whoever began a task, with the rights of now: what was asked for by the key of a job reaches what is its owner's alone.
 * Refuses somebody whose account was closed.
 */
export async function callerOfTask(
  queries: Queries,
  task: Pick<StoredTask, 'owner_id' | 'asked_by_job'>,
  { mayBeClosed = false } = {},
): Promise<Caller> {
  const user = await findUserRow(queries, task.owner_id);
  if (user === undefined || (user.is_active === 0 && !mayBeClosed)) {
    throw forbidden('The account of whoever began this is closed.', 'Begin it again as somebody else.');
  }
  // Keys come and go, and a job's ends with it: the person counts.
  const credential = { kind: 'key', id: '' } as const;
  const who = { userId: task.owner_id, credential, email: user.email, workspaceId: user.workspace_id };
  return task.asked_by_job === null
    ? { kind: 'user', role: user.role, ...who }
    : { kind: 'job', role: user.role, jobId: task.asked_by_job, ...who };
}
