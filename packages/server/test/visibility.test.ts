/** The rule of who may know of a file says the same for one file and for many. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from '../src/access/caller.ts';
import { insertFiles } from '../src/db/queries/files-insert.ts';
import { findAttachableFiles, findKnownBytes, findVisibleFile } from '../src/files/visibility.ts';
import { Problem } from '../src/problems.ts';
import { sha512Of } from '../testing/suites/blobs.ts';
import { NOW, openWorld, submitJob, type World } from './job-rows-harness.ts';

const callerOf = (userId: string, role: 'member' | 'manager' | 'admin'): Caller => ({
  kind: 'user',
  userId,
  email: `${userId}@e`,
  role,
  workspaceId: 'w',
  credential: { kind: 'key', id: 'k' },
});
const CALLERS = {
  owner: callerOf('u', 'member'),
  stranger: callerOf('stranger', 'member'),
  manager: callerOf('manager', 'manager'),
  'manager of another project': callerOf('other', 'manager'),
  administrator: callerOf('admin', 'admin'),
  'job of the administrator': { ...callerOf('admin', 'admin'), kind: 'job', jobId: 'job' } as Caller,
} as const;
/** Who may know of what. */
const VISIBLE: Record<string, Array<keyof typeof CALLERS>> = {
  upload: ['owner', 'administrator'],
  'output in the project': ['owner', 'manager', 'administrator'],
  'output of a deleted job': ['owner', 'administrator'],
  'deleted upload': [],
};

let base: Awaited<ReturnType<typeof mkdtempDisposable>>;
let world: World;
const ids = new Map<string, string>();

beforeAll(async () => {
  base = await mkdtempDisposable(join(tmpdir(), 'quarry-visibility-'));
  world = await openWorld(join(base.path, 'quarry.db'));
  const { database } = world;
  await submitJob(world, 'job', { isOptimization: false, runs: 1, retryPolicy: null });
  await submitJob(world, 'gone', { isOptimization: false, runs: 1, retryPolicy: null });
  await database.write(async (queries) => {
    const projects = ['project', 'another'].map((id) => ({
      ...{ id, workspace_id: 'w', name: id, description: '', is_default: 0 as const, is_active: 1 as const },
      date_inserted: NOW,
    }));
    await queries.insertInto('projects').values(projects).execute();
    const users = (['stranger', 'manager', 'other', 'admin'] as const).map((id) => ({
      ...{ id, workspace_id: 'w', email: `${id}@e`, first_name: '', last_name: '', role: 'member' as const },
      ...{ max_job_hours: null, is_active: 1 as const, date_inserted: NOW },
    }));
    await queries.insertInto('users').values(users).execute();
    const members = [
      { project_id: 'project', user_id: 'manager', is_manager: 1 as const },
      { project_id: 'project', user_id: 'stranger', is_manager: 0 as const },
      { project_id: 'another', user_id: 'other', is_manager: 1 as const },
    ];
    await queries.insertInto('project_members').values(members).execute();
    await queries.updateTable('jobs').set({ project_id: 'project' }).execute();
    await queries.updateTable('jobs').set({ deleted_at: NOW }).where('id', '=', 'gone').execute();
    const names = Object.keys(VISIBLE);
    const jobs = [undefined, 'job', 'gone', undefined];
    const rows = await insertFiles(
      queries,
      names.map((name, index) => ({
        ...{ ownerId: 'u', name, typeId: 1, sha512: sha512Of(Buffer.from(name)), sizeBytes: name.length },
        ...(jobs[index] && {
          output: { jobId: jobs[index], runNumber: 1, relativePath: name, isOfSweep: false },
        }),
      })),
      () => NOW,
    );
    for (const { id, name } of rows) {
      ids.set(name, id);
    }
    await queries
      .updateTable('files')
      .set({ deleted_at: NOW })
      .where('id', '=', ids.get('deleted upload')!)
      .execute();
  });
});
afterAll(async () => {
  await world.database[Symbol.asyncDispose]();
  await base.remove();
});

const everybody = Object.keys(CALLERS) as Array<keyof typeof CALLERS>;

test.each(everybody)(
  '%s is shown each file, and is told of its bytes among others, by the same rule',
  async (who) => {
    const { read } = world.database;
    const digests = Object.keys(VISIBLE).map((name) => sha512Of(Buffer.from(name)));
    const known = new Set((await findKnownBytes(read, CALLERS[who], digests)).map(({ sha512 }) => sha512));
    for (const [name, mayKnow] of Object.entries(VISIBLE)) {
      const found = await findVisibleFile(read, CALLERS[who], ids.get(name)!).then(
        (file) => file.name,
        (error) => {
          expect(error).toBeInstanceOf(Problem);
          return (error as Problem).kind;
        },
      );
      expect(found).toBe(mayKnow.includes(who) ? name : 'not_found');
      expect(known.has(sha512Of(Buffer.from(name)))).toBe(mayKnow.includes(who));
    }
  },
);

test('an agent knows of the inputs of its own job alone', async () => {
  const { database } = world;
  await database.write((queries) =>
    queries
      .insertInto('job_inputs')
      .values({
        job_id: 'job',
        tile: 0,
        position: 0,
        file_id: ids.get('upload')!,
        role: 'input',
        decompress: 0,
      })
      .execute(),
  );
  const agent = (jobId: string) =>
    ({ ...callerOf('u', 'member'), kind: 'agent', clusterId: 'c', jobId }) as Caller;
  expect(await findVisibleFile(database.read, agent('job'), ids.get('upload')!)).toMatchObject({
    name: 'upload',
  });
  const output = findVisibleFile(database.read, agent('job'), ids.get('output in the project')!);
  await expect(output).rejects.toMatchObject({ kind: 'not_found' });
  const other = findVisibleFile(database.read, agent('gone'), ids.get('upload')!);
  await expect(other).rejects.toMatchObject({ kind: 'not_found' });
});

test('what an owner may attach is their own, or anybody’s for an administrator, and living', async () => {
  const { read } = world.database;
  const attachable = async (userId: string, role: 'member' | 'manager' | 'admin') => {
    const found = await findAttachableFiles(read, { userId, role }, [...ids.values(), 'AbSent']);
    return [...ids].filter(([, id]) => found.has(id)).map(([name]) => name);
  };
  const living = ['upload', 'output in the project', 'output of a deleted job'];
  expect(await attachable('u', 'member')).toEqual(living);
  expect(await attachable('manager', 'manager')).toEqual([]);
  expect(await attachable('admin', 'admin')).toEqual(living);
});
