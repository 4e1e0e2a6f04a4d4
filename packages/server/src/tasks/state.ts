/**
 * What follows what in the life of a task.
 *
 * A task `waits` from the moment it was asked for, also over restarts. The runner starts it when there is room, and it is
 * `running`. A server that dies leaves it so; the next one finds that nobody works on it, it is `interrupted` and waits
 * again, to begin anew. `done` comes in the transaction that makes visible what it has made, so that a task which begins
 * anew has made nothing yet. `failed` and `cancelled` have made nothing either. These three are ends: nothing follows them.
 */
import type { TaskStatus } from '@quarry/contract';

export type TaskEvent = 'started' | 'interrupted' | 'done' | 'failed' | 'cancelled';

const NEXT: Record<TaskStatus, Partial<Record<TaskEvent, TaskStatus>>> = {
  waiting: { started: 'running', cancelled: 'cancelled' },
  running: { interrupted: 'waiting', done: 'done', failed: 'failed', cancelled: 'cancelled' },
  done: {},
  failed: {},
  cancelled: {},
};

/** The state after an event; null where the event means nothing any more. */
export function nextTaskState(state: TaskStatus, event: TaskEvent): TaskStatus | null {
  return NEXT[state][event] ?? null;
}

/** Whether nothing follows. */
export function isTaskOver(state: TaskStatus): boolean {
  return Object.keys(NEXT[state]).length === 0;
}
