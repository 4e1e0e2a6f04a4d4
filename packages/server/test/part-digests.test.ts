import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { type PartDigests, partDigests } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../src/limits.ts';
import { PartDigester } from '../src/storage/part-digests.ts';
import type { BlobReader } from '../src/storage/storage.ts';
import { sha512Of } from '../testing/suites/blobs.ts';
import { type FilesHarness, json, MIB, startFilesApi, upload } from './files-harness.ts';

const KIB = 1024;

describe('digests of the parts of a file', () => {
  let api: FilesHarness;
  beforeAll(async () => {
    api = await startFilesApi();
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
  });

  const ask = async (fileId: string, query = ''): Promise<PartDigests> => {
    const response = await api.call('GET', `files/${fileId}/part-digests/${query}`);
    expect(response.status).toBe(200);
    return partDigests.parse(await response.json());
  };

  test.each([
    [64 * KIB, 3_000_000],
    [MIB, 3_000_000],
    [2 * MIB, 5 * MIB],
    [4 * MIB, 8 * MIB],
  ])('are those of equal stretches of %i bytes, the last of %i shorter', async (partBytes, sizeBytes) => {
    const bytes = randomBytes(sizeBytes);
    const { id } = await upload(api, bytes);
    const answer = await ask(id, `?partBytes=${partBytes}`);
    expect(answer).toMatchObject({ partBytes, start: 0, sizeBytes, nextStart: null });
    const expected = Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_, index) =>
      sha512Of(bytes.subarray(index * partBytes, (index + 1) * partBytes)),
    );
    expect(answer.digests).toEqual(expected);
    const behind = await ask(id, `?partBytes=${partBytes}&start=${partBytes}`);
    expect(behind.digests).toEqual(expected.slice(1));
  });

  test('are none of an empty file, nor behind the end', async () => {
    const empty = await upload(api, '');
    expect(await ask(empty.id)).toMatchObject({ digests: [], sizeBytes: 0, nextStart: null });
    const small = await upload(api, 'small');
    expect(await ask(small.id, `?partBytes=${MIB}&start=${MIB}`)).toMatchObject({
      digests: [],
      nextStart: null,
    });
  });

  test.each([
    ['partBytes=100000', 'partBytes'],
    ['partBytes=1024', 'partBytes'],
    [`partBytes=${2 * LIMITS.partDigestBytes}`, 'partBytes'],
    [`partBytes=${MIB}&start=65536`, 'start'],
    ['start=-1', 'start'],
  ])('are refused for %s, by field', async (query, field) => {
    const { id } = await upload(api, 'bytes');
    const response = await api.call('GET', `files/${id}/part-digests/?${query}`);
    expect(response.status).toBe(400);
    expect(Object.keys(await json(response))).toEqual([field]);
  });

  test('are for those who may read the file', async () => {
    const { id } = await upload(api, 'mine');
    const { key } = await api.addUser('member');
    const response = await api.call('GET', `files/${id}/part-digests/`, { key });
    expect(response.status).toBe(404);
  });
});

describe('a digester of parts', () => {
  /** Bytes that are made as they are read, each block after a turn of the event loop. */
  function reader(sizeBytes: number, onRead: (position: number) => void = () => {}): BlobReader {
    return {
      sizeBytes,
      read: async (into, position) => {
        await turn();
        onRead(position);
        return Math.max(0, Math.min(into.byteLength, sizeBytes - position));
      },
      close: async () => {},
    };
  }
  const never = new AbortController().signal;

  test('covers part of a large file and says where to go on', async () => {
    await using digester = new PartDigester({ atOnce: 1 });
    const digests: string[] = [];
    const starts: number[] = [];
    const wanted = { partBytes: 256 * KIB, maxBytes: MIB };
    for (let start: number | null = 0; start !== null; ) {
      starts.push(start);
      const made = await digester.digest(reader(2_500_000), { ...wanted, start }, never);
      digests.push(...made.digests);
      start = made.nextStart;
    }
    expect(starts).toEqual([0, MIB, 2 * MIB]);
    expect(digests).toHaveLength(Math.ceil(2_500_000 / wanted.partBytes));
    expect(digests.at(-1)).toBe(sha512Of(new Uint8Array(2_500_000 % wanted.partBytes)));
  });

  test('stops reading when its asker goes, and lets the next one have the turn', async () => {
    await using digester = new PartDigester({ atOnce: 1 });
    const wanted = { partBytes: MIB, start: 0, maxBytes: 1024 * MIB };
    const gone = new AbortController();
    const gaveUp = new AbortController();
    let reads = 0;
    const first = digester.digest(
      reader(1024 * MIB, () => {
        reads += 1;
        if (reads === 3) {
          gone.abort(new Error('the client went'));
        }
      }),
      wanted,
      gone.signal,
    );
    const second = digester.digest(reader(MIB), wanted, gaveUp.signal);
    const third = digester.digest(reader(2 * MIB), wanted, never);
    gaveUp.abort(new Error('did not want to wait'));
    await expect(second).rejects.toThrow('did not want to wait');
    await expect(first).rejects.toThrow('the client went');
    expect((await third).digests).toHaveLength(2);
    expect(reads).toBe(3);
  });

  test('makes as many answers at once as it is told', async () => {
    await using digester = new PartDigester({ atOnce: 2 });
    let open = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        let began = false;
        const counted = reader(4 * MIB, () => {
          if (!began) {
            open += 1;
          }
          began = true;
          most = Math.max(most, open);
        });
        await digester.digest(counted, { partBytes: MIB, start: 0, maxBytes: 64 * MIB }, never);
        open -= 1;
      }),
    );
    expect(most).toBe(2);
  });

  test('says so when bytes end before their size', async () => {
    await using digester = new PartDigester({ atOnce: 1 });
    const short: BlobReader = { ...reader(MIB), sizeBytes: 2 * MIB };
    const wanted = { partBytes: MIB, start: 0, maxBytes: 64 * MIB };
    await expect(digester.digest(short, wanted, never)).rejects.toThrow('end at 1048576');
  });
});
