import type { EventVerb } from '@quarry/contract';
import type { Updateable } from 'kysely';
import { type Clock, type Instant, toInstant } from '../clock.ts';
import type { Queries } from '../db/database.ts';
import { recordEvent } from '../db/queries/record-event.ts';
import { changeTask, findTaskRow } from '../db/queries/tasks.ts';
import type { TaskRow } from '../db/tables.ts';
import { LIMITS } from '../limits.ts';
import { isTaskOver, nextTaskState, type TaskEvent } from './state.ts';

const DAY_MS = 86_400_000;

/** Told to those who follow; that a task waits again is no news to them. */
const VERBS: Partial<Record<TaskEvent, EventVerb>> = {
  started: 'started',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

export interface TaskChange {
  event: TaskEvent;
  /** What else is written. */
  columns?: Updateable<TaskRow>;
  /** Who did it; whoever began the task when absent. */
  actorId?: string;
  detail?: Record<string, unknown>;
}

/** Applies an event to a task; false, and nothing done, where it means nothing any more. */
export async function applyToTask(
  { queries, clock }: { queries: Queries; clock: Clock },
  taskId: string,
  { event, columns = {}, actorId, detail = {} }: TaskChange,
): Promise<boolean> {
  const task = await findTaskRow(queries, taskId);
  const state = task && nextTaskState(task.state, event);
  if (!state) {
    return false;
  }
  const now = clock.now();
  await changeTask(queries, taskId, {
    state,
    ...(state === 'running' && { date_started: now }),
    ...(isTaskOver(state) && { date_ended: now, expires_at: daysAfter(now, LIMITS.taskKeptDays) }),
    ...columns,
  });
  const verb = VERBS[event];
  if (verb !== undefined) {
    await recordEvent(queries, {
      at: now,
      actorId: actorId ?? task.owner_id,
      subject: `task:${taskId}`,
      verb,
      detail: { kind: task.kind, [task.subject_type]: task.subject_id, ...detail },
    });
  }
  return true;
}

function daysAfter(date: Instant, days: number): Instant {
  return toInstant(new Date(Date.parse(date) + days * DAY_MS).toISOString());
}
