import { type Caller, person, seesEverything } from '../access/caller.ts';
import type { Clock } from '../clock.ts';
import type { Queries } from '../db/database.ts';
import { recordEvent } from '../db/queries/record-event.ts';
import { findManagedDevice } from '../db/queries/storage-devices.ts';
import { deleteTaskRow, findTask, type TaskWithOwner } from '../db/queries/tasks.ts';
import { conflict } from '../problems.ts';
import type { TaskRunner } from './runner.ts';
import { isTaskOver } from './state.ts';
import { applyToTask } from './store.ts';

/**
 * Cancels a task, or forgets one that has ended. Answers whether there is work to be broken off when the write is
 * durable.
 */
export async function endTask(
  {
    queries,
    clock,
    tasks,
  }: { queries: Queries; clock: Clock; tasks: Pick<TaskRunner, 'progressOf' | 'isSettling' | 'isPromised'> },
  actor: Caller,
  taskId: string,
): Promise<{ isCancelled: boolean }> {
  const task = await findTask(queries, actor, taskId);
  await refuseOthers(queries, actor, task);
  const actorId = person(actor).userId;
  if (isTaskOver(task.state)) {
    await deleteTaskRow(queries, task.id);
    await recordEvent(queries, {
      at: clock.now(),
      actorId,
      subject: `task:${task.id}`,
      verb: 'deleted',
      detail: { kind: task.kind },
    });
    return { isCancelled: false };
  }
  if (tasks.isPromised(task.kind)) {
    throw conflict('The job is deleted already, and what is left of it goes.', {
      code: 'task_promised',
      hint: 'A deletion cannot be taken back. Wait until the task is done; then it can be forgotten.',
    });
  }
  if (tasks.isSettling(task.id)) {
    throw conflict('What the task has made is becoming visible just now.', {
      code: 'task_settling',
      hint: 'Look at it again in a moment (GET tasks/{id}/): it will have ended.',
    });
  }
  const progress = tasks.progressOf(task.id);
  const columns = progress === null ? {} : { progress_done: progress.done, progress_of: progress.of };
  await applyToTask({ queries, clock }, task.id, { event: 'cancelled', actorId, columns });
  return { isCancelled: true };
}

/** Who sees a job may stop it, and what is done about it; who uses a device does not thereby manage it. */
async function refuseOthers(queries: Queries, actor: Caller, task: TaskWithOwner): Promise<void> {
  const isOwn = task.owner_id === person(actor).userId || seesEverything(actor);
  if (!isOwn && task.subject_type === 'storage-device') {
    await findManagedDevice(queries, actor, task.subject_id);
  }
}
