/** Who is worked for when, and what ends, deaths and cancellations in between leave: the real database and store, work that the test holds up. */
import { randomBytes } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Caller } from '../src/access/caller.ts';
import type { Database } from '../src/db/database.ts';
import { insertFiles } from '../src/db/queries/files-insert.ts';
import { findTaskRow } from '../src/db/queries/tasks.ts';
import { LIMITS } from '../src/limits.ts';
import { Problem, refused } from '../src/problems.ts';
import { openFsStorage } from '../src/storage/fs/fs-storage.ts';
import type { Storage } from '../src/storage/storage.ts';
import { beginTask } from '../src/tasks/begin.ts';
import { endTask } from '../src/tasks/end.ts';
import type { KindsOfTasks } from '../src/tasks/kind.ts';
import { TaskRunner } from '../src/tasks/runner.ts';
import { createBackground } from '../src/upkeep/background.ts';
import { NOW, OWNER, openWorld, type World } from './job-rows-harness.ts';
import { until } from './platform-harness.ts';

const OTHER: Caller = { ...OWNER, userId: 'v', email: 'v@e' } as Caller;
const logger = pino({ level: 'silent' });

let directory: Awaited<ReturnType<typeof mkdtempDisposable>>;
let world: World;
let storage: Storage;
let runner: TaskRunner;
/** Work that has begun and is held up, by the id of its task. */
let held: Map<string, PromiseWithResolvers<void>>;
/** Announces for each of them that it becomes visible. */
let settles: Map<string, () => Promise<void>>;

beforeEach(async () => {
  directory = await mkdtempDisposable(join(tmpdir(), 'quarry-tasks-'));
  world = await openWorld(join(directory.path, 'quarry.db'));
  storage = await openFsStorage({ directory: join(directory.path, 'blobs') });
  await world.database.write(async (queries) => {
    await queries
      .insertInto('users')
      .values({
        ...{ id: 'v', workspace_id: 'w', email: 'v@e', first_name: '', last_name: '', role: 'member' },
        ...{ max_job_hours: null, is_active: 1, date_inserted: NOW },
      })
      .execute();
  });
  held = new Map();
  settles = new Map();
  runner = startRunner();
});
afterEach(async () => {
  await runner[Symbol.asyncDispose]();
  await storage.close();
  await world.database[Symbol.asyncDispose]();
  await directory.remove();
});

/** Stores bytes, waits until the test lets it go on, and makes a file of them. */
function startRunner(database: Pick<Database, 'read' | 'write'> = world.database): TaskRunner {
  const parts = { database: database as Database, storage, clock: world.clock, logger };
  const kinds: KindsOfTasks = {
    ...({} as KindsOfTasks),
    archive: {
      unit: 'bytes',
      async run({ task, signal, tell, settle }) {
        settles.set(task.id, () => settle(async () => undefined));
        const blob = await storage.receive(bytes());
        tell({ done: 5, of: 10 });
        const go = Promise.withResolvers<void>();
        held.set(task.id, go);
        signal.addEventListener('abort', () => go.reject(signal.reason));
        // It may have been broken off while the bytes were stored.
        if (signal.aborted) {
          go.reject(signal.reason);
        }
        try {
          await go.promise;
        } catch (error) {
          blob.release();
          throw error;
        }
        return {
          held: [blob],
          async write(queries) {
            const file = { ownerId: task.owner_id, name: task.id, typeId: 1, ...blob };
            await insertFiles(queries, [file], world.clock.now);
            return { name: task.id };
          },
        };
      },
    },
  };
  const background = createBackground({ clock: world.clock, logger });
  return new TaskRunner({ ...parts, kinds, working: background.task('tasks') });
}

async function* bytes() {
  yield randomBytes(1000);
}

async function begin(caller = OWNER): Promise<string> {
  const id = await world.database.write((queries) =>
    beginTask({ queries, clock: world.clock }, caller, {
      kind: 'archive',
      subject: { type: 'job', id: 'QkzTpb' },
      wish: { format: 'zip' },
    }),
  );
  runner.wake();
  return id;
}

async function end(id: string, caller = OWNER): Promise<void> {
  const { isCancelled } = await world.database.write((queries) =>
    endTask({ queries, clock: world.clock, tasks: runner }, caller, id),
  );
  if (isCancelled) {
    runner.breakOff(id);
  }
}

const stateOf = async (id: string) => (await findTaskRow(world.database.read, id))?.state;
const reaches = (id: string, state: string) => until(async () => (await stateOf(id)) === state, state);
const isHeld = (id: string) => until(async () => held.has(id), `the beginning of ${id}`);
const files = async () =>
  (await world.database.read.selectFrom('files').select('name').execute()).map(({ name }) => name);

test('of one user not all at once, and in the order in which they were begun', async () => {
  const mine: string[] = [];
  for (let count = 0; count < LIMITS.tasksAtOncePerUser + 2; count += 1) {
    mine.push(await begin());
  }
  const theirs = await begin(OTHER);
  await isHeld(theirs);
  expect([...held.keys()].sort()).toEqual([...mine.slice(0, LIMITS.tasksAtOncePerUser), theirs].sort());
  held.get(mine[1]!)!.resolve();
  await reaches(mine[1]!, 'done');
  await isHeld(mine[2]!);
  expect(held.has(mine[3]!)).toBe(false);
});

test('a task that was cancelled while it worked makes nothing, and the next one has its turn', async () => {
  const ids = [];
  for (let count = 0; count <= LIMITS.tasksAtOncePerUser; count += 1) {
    ids.push(await begin());
  }
  await isHeld(ids[0]!);
  await end(ids[0]!);
  await isHeld(ids.at(-1)!);
  expect(await findTaskRow(world.database.read, ids[0]!)).toMatchObject({
    ...{ state: 'cancelled', result: null, progress_done: 5, progress_of: 10 },
  });
  expect(await files()).toEqual([]);
});

test('a task that was cancelled before its turn is never begun', async () => {
  const ids = [];
  for (let count = 0; count <= LIMITS.tasksAtOncePerUser; count += 1) {
    ids.push(await begin());
  }
  const last = ids.at(-1)!;
  await end(last);
  for (const id of ids.slice(0, -1)) {
    await isHeld(id);
    held.get(id)!.resolve();
    await reaches(id, 'done');
  }
  expect([held.has(last), await stateOf(last)]).toEqual([false, 'cancelled']);
});

test('what is becoming visible is not cancelled any more, and what was cancelled does not become visible', async () => {
  const [early, late] = [await begin(), await begin()];
  await isHeld(late);
  await world.database.write((queries) =>
    endTask({ queries, clock: world.clock, tasks: runner }, OWNER, early),
  );
  // Before whoever cancelled it has told the runner.
  await expect(settles.get(early)!()).rejects.toThrow();
  await settles.get(late)!();
  await expect(end(late)).rejects.toThrow('becoming visible');
  held.get(late)!.resolve();
  await reaches(late, 'done');
});

test('a server that stops or dies in the middle leaves the task to the next one, which makes its file once', async () => {
  const id = await begin();
  await isHeld(id);
  await runner[Symbol.asyncDispose]();
  expect([await stateOf(id), await files()]).toEqual(['running', []]);
  held.clear();
  runner = startRunner();
  expect(await runner.resume()).toEqual({ interrupted: 1 });
  await isHeld(id);
  // What is being worked on is not taken for left behind.
  expect(await runner.resume()).toEqual({ interrupted: 0 });
  held.get(id)!.resolve();
  await reaches(id, 'done');
  expect(await files()).toEqual([id]);
});

test('a refusal becomes the error of the task, and anything else a word for whoever runs the platform', async () => {
  const [first, second] = [await begin(), await begin()];
  await isHeld(first);
  held.get(first)!.reject(refused('It is too warm.', { code: 'too_warm', hint: 'Open a window.' }));
  await reaches(first, 'failed');
  await isHeld(second);
  held.get(second)!.reject(new TypeError('x is not a function'));
  await reaches(second, 'failed');
  const errors = await Promise.all([first, second].map((id) => findTaskRow(world.database.read, id)));
  expect(errors.map((row) => JSON.parse(row!.error!))).toEqual([
    { code: 'too_warm', message: 'It is too warm.', hint: 'Open a window.' },
    expect.objectContaining({ code: 'internal_error' }),
  ]);
});

test('a closed account ends what it had begun', async () => {
  const id = await begin();
  await isHeld(id);
  await world.database.write((queries) =>
    queries.updateTable('users').set({ is_active: 0 }).where('id', '=', 'u').execute(),
  );
  held.get(id)!.resolve();
  await reaches(id, 'failed');
  expect(await files()).toEqual([]);
});

test('what has ended is forgotten after its time, and nothing else', async () => {
  const [old, fresh, open] = [await begin(), await begin(), await begin()];
  for (const id of [old, fresh]) {
    await isHeld(id);
    held.get(id)!.resolve();
    await reaches(id, 'done');
  }
  await world.database.write((queries) =>
    queries.updateTable('tasks').set({ expires_at: NOW }).where('id', '=', old).execute(),
  );
  expect(await runner.tidy()).toEqual({ forgotten: 1 });
  expect(await Promise.all([old, fresh, open].map(stateOf))).toEqual([undefined, 'done', 'running']);
});

test('ten thousand tasks wait without being looked through', async () => {
  const row = {
    kind: 'archive',
    owner_id: 'v',
    subject_type: 'job',
    subject_id: 'QkzTpb',
    wish: '{}',
  } as const;
  await world.database.write(async (queries) => {
    for (let first = 0; first < 10_000; first += 1000) {
      const rows = Array.from({ length: 1000 }, (_, index) => ({
        ...row,
        ...{ id: `T${first + index}`, state: 'waiting' as const, date_inserted: NOW },
      }));
      await queries.insertInto('tasks').values(rows).execute();
    }
  });
  await expect(begin(OTHER)).rejects.toThrow(Problem);
  const mine = await begin();
  await isHeld(mine);
  held.get(mine)!.resolve();
  await reaches(mine, 'done');
  const { rows } = await world.database.read.executeQuery<{ detail: string }>(
    sql<{ detail: string }>`
      EXPLAIN QUERY PLAN SELECT * FROM tasks WHERE state = 'waiting' AND owner_id NOT IN ('v')
      ORDER BY date_inserted, id LIMIT 1`.compile(world.database.read),
  );
  expect(rows.map(({ detail }) => detail).join()).toContain('tasks_state_index');
});

test('a server that stops begins nothing, not even what it was just looking for', async () => {
  await runner[Symbol.asyncDispose]();
  let looks = 0;
  let closing: Promise<void> | undefined;
  const closed = startRunner({
    get read() {
      looks += 1;
      // The first is for what was promised.
      if (looks === 2) {
        closing = closed[Symbol.asyncDispose]();
      }
      return world.database.read;
    },
    write: world.database.write.bind(world.database),
  });
  runner = closed;
  const id = await begin();
  await until(async () => closing !== undefined, 'the stop');
  await closing;
  expect(await stateOf(id)).toBe('waiting');
});

test('a deletion that fails again and again keeps those behind it from nothing', async () => {
  const { database, clock } = world;
  const beginDeletion = (jobId: string) =>
    database.write((queries) =>
      beginTask({ queries, clock }, OWNER, {
        kind: 'deletion',
        subject: { type: 'job', id: jobId },
        wish: { files: 1 },
      }),
    );
  let failures = 0;
  const kinds: KindsOfTasks = {
    ...({} as KindsOfTasks),
    deletion: {
      unit: 'files',
      isPromised: true,
      async run({ task }) {
        if (task.subject_id === 'broken') {
          failures += 1;
          throw new Error('The disk does not answer.');
        }
        return { write: async () => ({ files: 1 }) };
      },
    },
  };
  const background = createBackground({ clock, logger });
  const parts = { database, storage, clock, logger };
  await using deletions = new TaskRunner({ ...parts, kinds, working: background.task('deletions') });
  const ids = [];
  for (const jobId of ['broken', 'second', 'third']) {
    ids.push(await beginDeletion(jobId));
  }
  deletions.wake();
  await reaches(ids[1]!, 'done');
  await reaches(ids[2]!, 'done');
  // It is tried again, whatever comes meanwhile.
  await deletions.resume();
  await until(async () => failures > 1, 'another try');
  expect(await stateOf(ids[0]!)).not.toBe('failed');
});
