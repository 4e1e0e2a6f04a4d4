import { randomBytes } from 'node:crypto';
import { adoptKnownFiles, type FileObject, MAX_BULK_FILES } from '@quarry/contract';
import { type CompiledQuery, Kysely, SqliteDialect } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from '../src/access/caller.ts';
import { insertFiles } from '../src/db/queries/files-insert.ts';
import { kyselyDatabase, openSqliteFile } from '../src/db/sqlite.ts';
import type { Role, Tables } from '../src/db/tables.ts';
import { collectBlob } from '../src/files/lifetime.ts';
import { findKnownBytes, findKnownSizes } from '../src/files/visibility.ts';
import { newId } from '../src/ids.ts';
import { sha512Of } from '../testing/suites/blobs.ts';
import { type FilesHarness, json, startFilesApi, upload } from './files-harness.ts';

let api: FilesHarness;
beforeAll(async () => {
  api = await startFilesApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

interface Entry {
  name?: string;
  sizeBytes: number;
  sha512?: string;
  [more: string]: unknown;
}
const asked = (bytes: Uint8Array, more: object = {}): Entry => ({
  ...{ name: 'copy.dat', sizeBytes: bytes.length, sha512: sha512Of(bytes) },
  ...more,
});

async function ask(files: Entry[], options: { key?: string; idempotencyKey?: string } = {}) {
  const { key, idempotencyKey } = options;
  const response = await api.call('POST', 'files/by-digest/', {
    key,
    headers: {
      'content-type': 'application/json',
      ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
    },
    body: JSON.stringify({ files: files.map((file) => ({ name: 'x', ...file })) }),
  });
  return { response, status: response.status, text: await response.text() };
}

async function adopt(files: Entry[], key?: string) {
  const { status, text } = await ask(files, { key });
  expect(status, text).toBe(200);
  return adoptKnownFiles.response.parse(JSON.parse(text)).results;
}

const UNKNOWN = { file: null, maybeKnown: false };
const countOf = async (key?: string) => (await json(await api.call('GET', 'files/', { key }))).count;

describe('bytes that the asker has already', () => {
  test('become a file of their own, with what was told of it, and nothing is sent', async () => {
    const bytes = randomBytes(2000);
    const first = await upload(api, bytes, 'first.dat');
    const told = { typeId: 4, executable: true, dateModified: '2026-01-05T09:00:00Z' };
    const [result] = await adopt([asked(bytes, told)]);
    expect(result).toMatchObject({
      maybeKnown: true,
      file: {
        ...{ name: 'copy.dat', typeId: 4, executable: true, dateModified: '2026-01-05T09:00:00.000000Z' },
        ...{ decryptedSize: 2000, fileChecksums: first.fileChecksums },
      },
    });
    const { file } = result as { file: FileObject };
    expect(file.id).not.toBe(first.id);
    expect((await api.call('DELETE', `files/${first.id}/`)).status).toBe(204);
    const read = await api.call('GET', `files/${file.id}/contents/`);
    expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test('are answered in the order asked, each for itself, twice where they are asked for twice', async () => {
    const [one, other] = [randomBytes(10), randomBytes(20)];
    await upload(api, one);
    await upload(api, other);
    const results = await adopt([
      asked(other, { name: 'a' }),
      asked(randomBytes(10), { name: 'b' }),
      asked(one, { name: 'c', sha512: sha512Of(one).toUpperCase() }),
      asked(one, { name: 'd' }),
      asked(one, { name: 'e', sizeBytes: 11 }),
    ]);
    expect(results.map(({ file }) => file?.name ?? null)).toEqual(['a', null, 'c', 'd', null]);
    expect(results[1]).toEqual(UNKNOWN);
    expect(results[4]).toEqual(UNKNOWN);
    expect(new Set(results.flatMap(({ file }) => file?.id ?? [])).size).toBe(3);
  });

  test('are only guessed at by size where no digest is given', async () => {
    const bytes = randomBytes(4321);
    const before = await countOf();
    expect(await adopt([{ sizeBytes: 4321 }])).toEqual([UNKNOWN]);
    await upload(api, bytes);
    expect(await adopt([{ sizeBytes: 4321 }, { sizeBytes: 4322 }])).toEqual([
      { file: null, maybeKnown: true },
      UNKNOWN,
    ]);
    expect(await countOf()).toBe(Number(before) + 1);
  });

  test('are not known any more once their last file is deleted', async () => {
    const bytes = randomBytes(3210);
    const { id } = await upload(api, bytes);
    await api.call('DELETE', `files/${id}/`);
    expect(await adopt([asked(bytes), { sizeBytes: 3210 }])).toEqual([UNKNOWN, UNKNOWN]);
  });

  test('are not taken from a file whose bytes are missing or damaged', async () => {
    const bytes = randomBytes(500);
    const { id } = await upload(api, bytes);
    await api.storage.remove(sha512Of(bytes));
    expect(await adopt([asked(bytes)])).toEqual([UNKNOWN]);
    await api.call('DELETE', `files/${id}/`);
  });

  test('cannot be collected while their row is being written', async () => {
    const bytes = randomBytes(600);
    const { id } = await upload(api, bytes);
    const [results] = await Promise.all([
      adopt(Array.from({ length: 300 }, () => asked(bytes))),
      api.call('DELETE', `files/${id}/`),
      collectBlob(api.context, sha512Of(bytes)),
    ]);
    // Whichever came first: a file that is there has its bytes.
    for (const { file } of results.filter((result) => result.file !== null).slice(0, 3)) {
      const read = await api.call('GET', `files/${file!.id}/contents/`);
      expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true);
    }
  });
});

describe('bytes that only others have', () => {
  test('are answered as those that nobody has', async () => {
    const bytes = randomBytes(777);
    await upload(api, bytes);
    const { key } = await api.addUser('member');
    const theirs = await ask([asked(bytes), { sizeBytes: 777 }], { key });
    const nobodys = await ask([asked(randomBytes(777)), { sizeBytes: 778 }], { key });
    expect(theirs.text).toBe(nobodys.text);
    expect(theirs.status).toBe(nobodys.status);
    expect(await countOf(key)).toBe(0);
  });

  test('are known to an admin', async () => {
    const bytes = randomBytes(888);
    await upload(api, bytes);
    const admin = await api.addUser('admin');
    const [result, bySize] = await adopt([asked(bytes), { sizeBytes: 888 }], admin.key);
    expect(result!.file).toMatchObject({ owner: `${admin.userId}@example.org` });
    expect(bySize).toEqual({ file: null, maybeKnown: true });
  });

  test('are known to a manager of the project whose job made them, and to no other manager', async () => {
    const [manager, stranger] = [await api.addUser('manager'), await api.addUser('manager')];
    const bytes = randomBytes(999);
    const { id: mine } = await upload(api, bytes);
    const { jobId } = await api.addJob([(await upload(api, 'an input')).id], 'completed');
    const now = api.context.clock.now();
    await api.database.write(async (queries) => {
      await queries
        .insertInto('projects')
        .values({
          ...{ id: 'Wings', workspace_id: '04-1', name: 'w', description: '' },
          ...{ is_default: 0, is_active: 1, date_inserted: now },
        })
        .execute();
      await queries
        .insertInto('project_members')
        .values({ project_id: 'Wings', user_id: manager.userId, is_manager: 1 })
        .execute();
      await queries.updateTable('jobs').set({ project_id: 'Wings' }).where('id', '=', jobId).execute();
    });
    const wanted = [asked(bytes), { sizeBytes: 999 }];
    expect(await adopt(wanted, manager.key)).toEqual([UNKNOWN, UNKNOWN]);
    await api.database.write((queries) =>
      queries.updateTable('files').set({ job_id: jobId, run_number: 1 }).where('id', '=', mine).execute(),
    );
    expect(await adopt(wanted, stranger.key)).toEqual([UNKNOWN, UNKNOWN]);
    const [output, bySize] = await adopt(wanted, manager.key);
    expect(output!.file).toMatchObject({ owner: `${manager.userId}@example.org`, decryptedSize: 999 });
    expect(bySize).toEqual({ file: null, maybeKnown: true });
  });
});

describe('the same question again with the same Idempotency-Key', () => {
  test('makes nothing new and gives the same files', async () => {
    const bytes = randomBytes(50);
    await upload(api, bytes);
    const entries = [asked(bytes), { sizeBytes: 50 }];
    const first = await ask(entries, { idempotencyKey: 'known-1' });
    const before = await countOf();
    const second = await ask(entries, { idempotencyKey: 'known-1' });
    expect(second.text).toBe(first.text);
    expect(second.response.headers.get('idempotent-replayed')).toBe('true');
    expect(await countOf()).toBe(before);
    const { results } = JSON.parse(first.text);
    await api.call('DELETE', `files/${results[0].file.id}/`);
    expect((await ask(entries, { idempotencyKey: 'known-1' })).status).toBe(409);
    expect((await ask([asked(bytes)], { idempotencyKey: 'known-1' })).status).toBe(422);
  });
});

describe('what is wrong with a question', () => {
  test('is told by position', async () => {
    const { status, text } = await ask([
      { sizeBytes: 1 },
      { sizeBytes: -1 },
      { sizeBytes: 1, sha512: 'abc' },
      { name: '../x', sizeBytes: 1 },
    ]);
    expect(status).toBe(400);
    const { files } = JSON.parse(text);
    expect(files).toEqual([
      {},
      { sizeBytes: [expect.any(String)] },
      { sha512: [expect.stringContaining('128 hexadecimal digits')] },
      { name: [expect.any(String)] },
    ]);
  });

  test.each([[[]], [Array.from({ length: MAX_BULK_FILES + 1 }, () => ({ sizeBytes: 1 }))]])(
    'is told of too few and too many',
    async (entries) => {
      const { status, text } = await ask(entries);
      expect(status).toBe(400);
      expect(JSON.parse(text)).toEqual({ files: [expect.any(String)] });
    },
  );
});

describe('looking for many digests', () => {
  test.each<Role>(['admin', 'manager', 'member'])(
    'takes one look into an index for each, for the role %s',
    async (role) => {
      const file = openSqliteFile(`${api.directory}/quarry.db`, 'read');
      try {
        const seen: CompiledQuery[] = [];
        const queries = new Kysely<Tables>({
          dialect: new SqliteDialect({ database: kyselyDatabase(file) }),
          log: (event) => void seen.push(event.query),
        });
        const caller: Caller = {
          kind: 'user',
          userId: 'u',
          email: 'u@e',
          role,
          workspaceId: 'w',
          credential: { kind: 'key', id: 'k' },
        };
        await findKnownBytes(queries, caller, ['a', 'b']);
        await findKnownSizes(queries, caller, [1, 2]);
        expect(seen).toHaveLength(2);
        for (const { sql, parameters } of seen) {
          const plan = file.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...(parameters as string[]));
          const steps = plan.map(({ detail }) => String(detail)).filter((step) => /\bfiles\b/.test(step));
          expect(steps.length).toBeGreaterThan(0);
          const column = sql.includes('size_bytes')
            ? 'files_size_index (size_bytes=?'
            : 'files_blob_index (sha512=?';
          const others = role === 'admin' ? ')' : ' AND owner_id=?';
          for (const step of steps) {
            expect(step).toContain(`INDEX ${column}${others}`);
          }
        }
      } finally {
        file.close();
      }
    },
  );

  test('answers a thousand entries while others have the same bytes ten thousand times', async () => {
    const bytes = randomBytes(70);
    const theirs = await api.addUser('member');
    await upload(api, bytes, 'x', theirs.key);
    const sha512 = sha512Of(bytes);
    await api.database.write((queries) =>
      insertFiles(
        queries,
        Array.from({ length: 10_000 }, () => ({
          ...{ ownerId: theirs.userId, name: newId(), typeId: 1, sha512, sizeBytes: 70 },
        })),
        () => api.context.clock.now(),
      ),
    );
    const entries = Array.from({ length: MAX_BULK_FILES }, () => asked(bytes));
    expect(new Set((await adopt(entries)).map((result) => JSON.stringify(result)))).toEqual(
      new Set([JSON.stringify(UNKNOWN)]),
    );
    const own = await adopt(entries, theirs.key);
    expect(own.filter(({ file }) => file !== null)).toHaveLength(MAX_BULK_FILES);
  });
});
