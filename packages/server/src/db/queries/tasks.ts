import type { TaskKind, TaskStatus } from '@quarry/contract';
import { type Insertable, type Selectable, type SqlBool, sql, type Updateable } from 'kysely';
import { type Caller, person } from '../../access/caller.ts';
import type { Instant } from '../../clock.ts';
import { notFound } from '../../problems.ts';
import type { Queries } from '../database.ts';
import { dateKey, type ListSource, splitDateKey, type Window } from '../list-source.ts';
import type { TaskRow } from '../tables.ts';
import { usableDevices } from './storage-devices.ts';
import { reachOf, visibleJobs } from './visible-jobs.ts';

export type StoredTask = Selectable<TaskRow>;
/** With the address of its owner. */
export type TaskWithOwner = StoredTask & { owner: string };

const OPEN = ['waiting', 'running'] as const;

/** Tasks that somebody began, and those about what they may see. */
function visible(queries: Queries, caller: Caller) {
  const all = queries.selectFrom('tasks');
  if (reachOf(caller) === 'all') {
    return all;
  }
  const who = person(caller);
  // Asked for each task, since there are fewer of these than jobs.
  const job = visibleJobs(queries, caller).where(sql<SqlBool>`jobs.id = tasks.subject_id`);
  const device = usableDevices(queries, who).where(sql<SqlBool>`storage_devices.id = tasks.subject_id`);
  return all.where(({ eb, or, and, exists }) =>
    or([
      eb('tasks.owner_id', '=', who.userId),
      and([eb('tasks.subject_type', '=', 'job'), exists(job.select('jobs.id'))]),
      and([eb('tasks.subject_type', '=', 'storage-device'), exists(device.select('storage_devices.id'))]),
    ]),
  );
}

function withOwner(tasks: ReturnType<typeof visible>) {
  return tasks
    .innerJoin('users', 'users.id', 'tasks.owner_id')
    .selectAll('tasks')
    .select('users.email as owner');
}

/** The tasks of a list request, newest first. */
export function listTasks(
  queries: Queries,
  caller: Caller,
  { status, kind }: { status?: TaskStatus; kind?: TaskKind },
): ListSource<TaskWithOwner> {
  function chosen() {
    let tasks = visible(queries, caller);
    if (status !== undefined) {
      tasks = tasks.where('tasks.state', '=', status);
    }
    return kind === undefined ? tasks : tasks.where('tasks.kind', '=', kind);
  }

  return {
    async count() {
      const { count } = await chosen()
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    rows({ limit, offset, after }: Window) {
      let page = withOwner(chosen());
      if (after !== null) {
        const { date, id } = splitDateKey(after);
        page = page.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('tasks.date_inserted', 'tasks.id'), '<', tuple(date, id)),
        );
      }
      return page
        .orderBy('tasks.date_inserted', 'desc')
        .orderBy('tasks.id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute();
    },
    keyOf: ({ date_inserted, id }) => dateKey(date_inserted, id),
  };
}

/** A task that the caller may see; refuses with 404 when there is none. */
export async function findTask(queries: Queries, caller: Caller, taskId: string): Promise<TaskWithOwner> {
  const task = await withOwner(visible(queries, caller)).where('tasks.id', '=', taskId).executeTakeFirst();
  if (task === undefined) {
    throw notFound(`There is no task "${taskId}" that you may see.`);
  }
  return task;
}

export async function insertTask(queries: Queries, task: Insertable<TaskRow>): Promise<void> {
  await queries.insertInto('tasks').values(task).execute();
}

/** A task, whoever asks. */
export async function findTaskRow(queries: Queries, taskId: string): Promise<StoredTask | undefined> {
  return await queries.selectFrom('tasks').where('id', '=', taskId).selectAll().executeTakeFirst();
}

export async function changeTask(
  queries: Queries,
  taskId: string,
  columns: Updateable<TaskRow>,
): Promise<void> {
  await queries.updateTable('tasks').set(columns).where('id', '=', taskId).execute();
}

export async function deleteTaskRow(queries: Queries, taskId: string): Promise<void> {
  await queries.deleteFrom('tasks').where('id', '=', taskId).execute();
}

/** How many tasks of a user have not ended. */
export async function countOpenTasks(queries: Queries, ownerId: string): Promise<number> {
  const { count } = await queries
    .selectFrom('tasks')
    .where('state', 'in', OPEN)
    .where('owner_id', '=', ownerId)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** How many tasks there are that have not ended, by how far they are. */
export async function countTasks(queries: Queries): Promise<Array<{ state: string; count: number }>> {
  const rows = await queries
    .selectFrom('tasks')
    .where('state', 'in', OPEN)
    .groupBy('state')
    .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
    .execute();
  return rows.map(({ state, count }) => ({ state, count: Number(count) }));
}

/** The task of one of these kinds that has waited longest, of somebody who is none of these. */
export async function findNextTask(
  queries: Queries,
  { kinds, busyOwners }: { kinds: readonly TaskKind[]; busyOwners: readonly string[] },
): Promise<StoredTask | undefined> {
  let waiting = queries.selectFrom('tasks').where('state', '=', 'waiting').where('kind', 'in', kinds);
  if (busyOwners.length > 0) {
    waiting = waiting.where('owner_id', 'not in', busyOwners);
  }
  return await waiting.orderBy('date_inserted').orderBy('id').limit(1).selectAll().executeTakeFirst();
}

/** Ids of tasks that are written down as running. */
export async function findRunningTasks(queries: Queries): Promise<string[]> {
  const rows = await queries.selectFrom('tasks').where('state', '=', 'running').select('id').execute();
  return rows.map(({ id }) => id);
}

/** Removes tasks whose time is over, some at a time; answers how many. */
export async function deleteExpiredTasks(queries: Queries, now: Instant, most: number): Promise<number> {
  const expired = queries
    .selectFrom('tasks')
    .where('expires_at', 'is not', null)
    .where('expires_at', '<', now)
    .limit(most)
    .select('id');
  const { numDeletedRows } = await queries.deleteFrom('tasks').where('id', 'in', expired).executeTakeFirst();
  return Number(numDeletedRows);
}
