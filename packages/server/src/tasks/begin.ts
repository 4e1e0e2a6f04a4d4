import type { TaskKind } from '@quarry/contract';
import { type Caller, person } from '../access/caller.ts';
import type { Clock } from '../clock.ts';
import type { Queries } from '../db/database.ts';
import { recordEvent } from '../db/queries/record-event.ts';
import { countOpenTasks, insertTask } from '../db/queries/tasks.ts';
import type { TaskRow } from '../db/tables.ts';
import { newId } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { tooManyRequests } from '../problems.ts';
import type { TaskWishes } from './wishes.ts';

export interface NewTask<Kind extends TaskKind> {
  kind: Kind;
  subject: { type: TaskRow['subject_type']; id: string };
  wish: TaskWishes[Kind];
}

/**
 * Writes down what the caller wants, and answers its id; the runner is to be woken when the write is durable. That they may
 * have it is for who calls this to find out; the runner asks again.
 */
export async function beginTask<Kind extends TaskKind>(
  { queries, clock }: { queries: Queries; clock: Clock },
  caller: Caller,
  { kind, subject, wish }: NewTask<Kind>,
): Promise<string> {
  const { userId } = person(caller);
  const open = kind === 'deletion' ? 0 : await countOpenTasks(queries, userId);
  if (open >= LIMITS.tasksPerUser) {
    throw tooManyRequests(`${open} of your tasks have not ended.`, {
      code: 'too_many_tasks',
      hint: 'Wait for some of them (GET tasks/), or cancel those that you do not need (DELETE tasks/{id}/).',
      retryAfterSeconds: 60,
    });
  }
  const id = newId();
  const now = clock.now();
  await insertTask(queries, {
    id,
    kind,
    owner_id: userId,
    asked_by_job: caller.kind === 'job' ? caller.jobId : null,
    subject_type: subject.type,
    subject_id: subject.id,
    wish: JSON.stringify(wish),
    state: 'waiting',
    date_inserted: now,
  });
  await recordEvent(queries, {
    at: now,
    actorId: userId,
    subject: `task:${id}`,
    verb: 'created',
    detail: { kind, [subject.type]: subject.id },
  });
  return id;
}
