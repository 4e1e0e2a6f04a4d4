import type { Task, TaskKind } from '@quarry/contract';
import type { Caller } from '../../access/caller.ts';
import { findTask } from '../../db/queries/tasks.ts';
import { beginTask, type NewTask } from '../../tasks/begin.ts';
import type { TasksContext } from './context.ts';
import { taskToWire } from './to-wire.ts';

/** Begins a task of the caller's; answers it as it was when it was written down. */
export async function begin<Kind extends TaskKind>(
  context: TasksContext,
  caller: Caller,
  wanted: NewTask<Kind>,
): Promise<Task> {
  const { database, domain, tasks } = context;
  const task = await database.write(async (queries) => {
    const id = await beginTask({ queries, clock: domain.clock }, caller, wanted);
    return await findTask(queries, caller, id);
  });
  tasks.wake();
  return taskToWire(context, task);
}
