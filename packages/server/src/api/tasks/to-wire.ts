import type { Task } from '@quarry/contract';
import type { TaskWithOwner } from '../../db/queries/tasks.ts';
import { isTaskOver } from '../../tasks/state.ts';
import type { TasksContext } from './context.ts';

export function taskToWire(
  { tasks, kinds }: Pick<TasksContext, 'tasks' | 'kinds'>,
  row: TaskWithOwner,
): Task {
  const kept = { done: row.progress_done, of: row.progress_of };
  const progress = row.state === 'running' ? (tasks.progressOf(row.id) ?? kept) : kept;
  return {
    id: row.id,
    kind: row.kind,
    status: row.state,
    owner: row.owner,
    subject: { type: row.subject_type, id: row.subject_id },
    progress: { ...progress, unit: kinds[row.kind].unit },
    ready: isTaskOver(row.state),
    result: row.result === null ? [] : [JSON.parse(row.result)],
    error: row.error === null ? null : JSON.parse(row.error),
    dateInserted: row.date_inserted,
    dateStarted: row.date_started,
    dateEnded: row.date_ended,
    dateExpires: row.expires_at,
  };
}
