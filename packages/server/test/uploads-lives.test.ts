import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../src/limits.ts';
import { sha512Of } from '../testing/suites/blobs.ts';
import { type FilesHarness, MIB, startFilesApi } from './files-harness.ts';
import {
  begin,
  begun,
  download,
  expectRefusal,
  finish,
  look,
  offsetOf,
  send,
  TUS,
} from './uploads-harness.ts';

const unexpected = (error: unknown) => expect.unreachable(String(error));

let api: FilesHarness;
beforeAll(async () => {
  api = await startFilesApi({ uploadBytes: 20 * MIB });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const staged = () => readdir(join(api.directory, 'staged'));
const age = (id: string, hours: number) =>
  api.database.write(async (queries) => {
    const expiresAt = new Date(Date.now() - hours * 3600_000).toISOString().replace('Z', '000Z');
    await queries.updateTable('uploads').set({ expires_at: expiresAt }).where('id', '=', id).execute();
  });

describe('an upload', () => {
  test('is nobody’s but its owner’s', async () => {
    const { key } = await api.addUser('admin');
    const upload = await begun(api, 2 * MIB, { partBytes: MIB });
    const part = upload.parts[0]!.id;
    for (const id of [upload.id, part]) {
      for (const method of ['HEAD', 'DELETE']) {
        expect((await api.call(method, `files/uploads/${id}/`, { key, headers: TUS })).status).toBe(404);
      }
      await expectRefusal(await send(api, id, 0, Buffer.from('x'), { key }), 404, 'not_found');
    }
    for (const [method, path] of [
      ['GET', ''],
      ['POST', 'finish/'],
      ['GET', 'part-digests/'],
    ] as const) {
      const response = await api.call(method, `files/uploads/${upload.id}/${path}`, { key });
      await expectRefusal(response, 404, 'not_found');
    }
    const final = await api.call('POST', 'files/uploads/', {
      key,
      headers: { ...TUS, 'upload-concat': `final;/files/uploads/${upload.id}/` },
    });
    await expectRefusal(final, 404, 'not_found');
    const list = (await (await api.call('GET', 'files/uploads/', { key })).json()) as { count: number };
    expect(list.count).toBe(0);
    expect(await look(api, upload.id)).toMatchObject({ receivedBytes: 0 });
  });

  test('is refused when it is larger than allowed, or than there is room for', async () => {
    await expectRefusal(await begin(api, 20 * MIB + 1, { filename: 'x' }), 413, 'too_large');
    await using unlimited = await startFilesApi({ uploadBytes: Number.MAX_SAFE_INTEGER });
    const free = (await unlimited.storage.freeBytes())!;
    await expectRefusal(await begin(unlimited, free * 2, { filename: 'x' }), 507, 'storage_full');
    expect(await readdir(join(unlimited.directory, 'staged'))).toEqual([]);
  });

  test('is refused when its owner has begun too many', async () => {
    const { key } = await api.addUser('member');
    const { id } = await begun(api, 1, {}, { key });
    await api.database.write(async (queries) => {
      const row = await queries
        .selectFrom('uploads')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      const rows = Array.from({ length: LIMITS.uploadsPerUser - 1 }, (_, index) => ({
        ...row,
        id: `n${index}`,
      }));
      for (let from = 0; from < rows.length; from += 500) {
        await queries
          .insertInto('uploads')
          .values(rows.slice(from, from + 500))
          .execute();
      }
    });
    await expectRefusal(await begin(api, 1, { filename: 'x' }, { key }), 409, 'too_many_uploads');
    expect((await send(api, id, 0, Buffer.from('x'), { key })).status).toBe(204);
    expect((await begin(api, 1, { filename: 'x' }, { key })).status).toBe(201);
  });
});

describe('an upload for which nothing comes', () => {
  test('expires, is told to be gone, and leaves nothing', async () => {
    const upload = await begun(api, 2 * MIB, { partBytes: MIB, fingerprint: 'old' });
    const whole = await begun(api, 10);
    await send(api, whole.id, 0, Buffer.from('x'));
    for (const { id } of [upload, whole]) {
      await age(id, 1);
    }
    await expectRefusal(await send(api, upload.parts[0]!.id, 0, Buffer.from('x')), 410, 'upload_expired');
    expect((await api.call('HEAD', `files/uploads/${whole.id}/`, { headers: TUS })).status).toBe(410);
    await expectRefusal(await finish(api, upload.id), 410, 'upload_expired');
    const list = await api.call('GET', 'files/uploads/?fingerprint=old');
    expect(await list.json()).toMatchObject({ count: 0 });
    await api.uploads.expire({ fail: unexpected, sparesComplete: false });
    for (const { id } of [upload, whole]) {
      expect(await staged()).not.toContain(id);
      await expectRefusal(await api.call('GET', `files/uploads/${id}/`), 410, 'upload_expired');
      await age(id, LIMITS.uploadIdleHours + 1);
    }
    await api.uploads.expire({ fail: unexpected, sparesComplete: false });
    for (const { id } of [upload, whole]) {
      await expectRefusal(await api.call('GET', `files/uploads/${id}/`), 404, 'not_found');
    }
  });

  test('is kept by every byte that comes', async () => {
    const { id, expiresAt } = await begun(api, 10);
    await age(id, -1);
    await send(api, id, 0, Buffer.from('x'));
    expect((await look(api, id)).expiresAt > expiresAt).toBe(true);
  });

  test('is forgotten when it has become a file, which stays', async () => {
    const { id } = await begun(api, 1);
    const fileId = (await send(api, id, 0, Buffer.from('x'))).headers.get('quarry-file')!;
    await age(id, 1);
    expect((await look(api, id)).file!.id).toBe(fileId);
    await api.uploads.expire({ fail: unexpected, sparesComplete: false });
    await expectRefusal(await api.call('GET', `files/uploads/${id}/`), 404, 'not_found');
    expect((await download(api, fileId)).toString()).toBe('x');
  });

  test('names no file any more that has been deleted', async () => {
    const { id } = await begun(api, 1);
    const fileId = (await send(api, id, 0, Buffer.from('x'))).headers.get('quarry-file')!;
    await api.call('DELETE', `files/${fileId}/`);
    expect((await look(api, id)).file).toBeNull();
    await expectRefusal(await finish(api, id), 404, 'not_found');
  });
});

describe('what a crash has left', () => {
  /** As if the server had died between the last byte and the file. */
  const refuseFiles = async () => {
    const { sql } = await import('kysely');
    await api.database.write((queries) =>
      sql`CREATE TRIGGER refused BEFORE INSERT ON files BEGIN SELECT RAISE(ABORT, 'refused'); END`.execute(
        queries,
      ),
    );
    return {
      [Symbol.asyncDispose]: async () => {
        await api.database.write((queries) => sql`DROP TRIGGER refused`.execute(queries));
      },
    };
  };

  test('a whole upload without its file gets it when somebody asks, or at the start', async () => {
    const [asked, unasked] = [randomBytes(1000), randomBytes(MIB * 2)];
    const first = await begun(api, asked.length);
    const second = await begun(api, unasked.length);
    {
      await using _ = await refuseFiles();
      expect((await send(api, first.id, 0, asked)).status).toBe(500);
      expect((await send(api, second.id, 0, unasked)).status).toBe(500);
      expect(await look(api, first.id)).toMatchObject({ receivedBytes: asked.length, file: null });
      expect(await api.storage.stat(sha512Of(asked))).toBeNull();
    }
    // It may have been long ago: what is complete is not given up before it was tried again.
    await age(second.id, 1);
    expect(await api.uploads.expire({ fail: unexpected, sparesComplete: true })).toBe(0);
    expect(await offsetOf(api, first.id)).toBe(asked.length);
    const { file } = await look(api, first.id);
    expect((await download(api, file!.id)).equals(asked)).toBe(true);
    await api.uploads.mend();
    const mended = await look(api, second.id);
    expect((await download(api, mended.file!.id)).equals(unasked)).toBe(true);
  });

  test('a divided upload whose file was not written can be finished again', async () => {
    const bytes = randomBytes(MIB + 10);
    const upload = await begun(api, bytes.length, { partBytes: MIB });
    await send(api, upload.parts[0]!.id, 0, bytes.subarray(0, MIB));
    await send(api, upload.parts[1]!.id, 0, bytes.subarray(MIB));
    {
      await using _ = await refuseFiles();
      expect((await finish(api, upload.id)).status).toBe(500);
    }
    const done = await finish(api, upload.id, sha512Of(bytes));
    expect(done.status).toBe(201);
    expect((await download(api, ((await done.json()) as { id: string }).id)).equals(bytes)).toBe(true);
  });

  test('an upload that has become a file is no file of another digest when it is finished again', async () => {
    const bytes = randomBytes(MIB);
    const upload = await begun(api, bytes.length, { partBytes: MIB });
    await send(api, upload.parts[0]!.id, 0, bytes);
    expect((await finish(api, upload.id)).status).toBe(201);
    await expectRefusal(await finish(api, upload.id, sha512Of(Buffer.alloc(1))), 409, 'upload_finished');
    expect((await finish(api, upload.id, sha512Of(bytes).toUpperCase())).status).toBe(201);
  });

  test('an upload that is given up while it becomes a file is one or the other, and never a file with a gap', async () => {
    for (let round = 0; round < 30; round += 1) {
      const bytes = randomBytes(MIB + 1 + round);
      const isWhole = round % 2 === 0;
      const upload = await begun(api, bytes.length, { partBytes: MIB });
      await send(api, upload.parts[0]!.id, 0, bytes.subarray(0, MIB));
      if (isWhole) {
        await send(api, upload.parts[1]!.id, 0, bytes.subarray(MIB));
      }
      const giveUp = () => api.call('DELETE', `files/uploads/${upload.id}/`, { headers: TUS });
      const finishing = round % 4 < 2 ? finish(api, upload.id) : null;
      const [given, done] = await Promise.all([giveUp(), finishing ?? finish(api, upload.id)]);
      if (done.status === 201) {
        expect(isWhole).toBe(true);
        const { id } = (await done.json()) as { id: string };
        expect((await download(api, id)).equals(bytes)).toBe(true);
      } else {
        expect([404, 409]).toContain(done.status);
        expect(given.status).toBe(204);
        expect(await api.storage.stat(sha512Of(bytes))).toBeNull();
      }
      if (given.status !== 204) {
        await expectRefusal(given, 409, 'upload_finishing');
      }
      expect(await staged()).not.toContain(upload.id);
    }
  });

  test('staged bytes without a row go, those with one stay', async () => {
    const { id } = await begun(api, 100);
    await api.storage.stage('stray', 100);
    expect(await api.uploads.sweep()).toBe(1);
    expect(await staged()).toContain(id);
    expect(await staged()).not.toContain('stray');
  });

  test('an upload whose staged bytes are lost is told to be gone', async () => {
    const { id } = await begun(api, 100);
    await api.storage.discardStaged(id);
    await expectRefusal(await send(api, id, 0, Buffer.from('x')), 410, 'upload_lost');
  });
});
