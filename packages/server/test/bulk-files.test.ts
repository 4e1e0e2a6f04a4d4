import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type FileObject, MAX_BULK_FILES, uploadFiles } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ByteBudget } from '../src/api/files/byte-budget.ts';
import { LIMITS } from '../src/limits.ts';
import { listed, sha512Of } from '../testing/suites/blobs.ts';
import { type FilesHarness, json, startFilesApi, until, upload } from './files-harness.ts';

let api: FilesHarness;
beforeAll(async () => {
  api = await startFilesApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

interface Sent {
  name: string;
  bytes: Uint8Array;
  /** Further fields of the manifest, or others than the true ones. */
  told?: object;
}

function formOf(files: Sent[], manifest: unknown = files.map(announce)): FormData {
  const form = new FormData();
  form.set('manifest', typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  for (const { bytes, name } of files) {
    form.append('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
  }
  return form;
}

function announce({ name, bytes, told }: Sent) {
  return { name, sizeBytes: bytes.length, ...told };
}

function send(form: FormData, idempotencyKey?: string): Promise<Response> {
  const headers: Record<string, string> = idempotencyKey ? { 'idempotency-key': idempotencyKey } : {};
  return api.call('POST', 'files/bulk/', { body: form, headers });
}

async function sendAll(files: Sent[]): Promise<{ files: FileObject[]; warnings?: string[] }> {
  const response = await send(formOf(files));
  const text = await response.text();
  expect(response.status, text).toBe(201);
  return uploadFiles.response.parse(JSON.parse(text));
}

const some = (count: number, bytesEach = 1000): Sent[] =>
  Array.from({ length: count }, (_, index) => ({ name: `file-${index}.dat`, bytes: randomBytes(bytesEach) }));
const countOf = async () => (await json(await api.call('GET', 'files/'))).count;
const blobs = async () => (await listed(api.storage)).length;

describe('many files in one request', () => {
  test('are all there, in their order, with what was told of them', async () => {
    const sent = some(MAX_BULK_FILES, 50);
    sent[0]!.told = { typeId: 4, executable: true, dateModified: '2026-01-05T10:00:00+01:00' };
    sent[1]!.bytes = new Uint8Array();
    sent[2]!.name = 'Größe "1".dat';
    sent[3]!.told = { sha512: sha512Of(sent[3]!.bytes).toUpperCase() };
    sent[4]!.bytes = sent[5]!.bytes;
    sent[6]!.bytes = randomBytes(LIMITS.bulkFileBytes);
    const { files } = await sendAll(sent);
    expect(files.map(({ name }) => name)).toEqual(sent.map(({ name }) => name));
    expect(files.map(({ fileChecksums }) => fileChecksums[0]!.fileHash)).toEqual(
      sent.map(({ bytes }) => sha512Of(bytes)),
    );
    expect(files[0]).toMatchObject({
      typeId: 4,
      executable: true,
      dateModified: '2026-01-05T09:00:00.000000Z',
    });
    expect(files[7]).toMatchObject({ typeId: 1, executable: false, dateModified: null });
    expect(new Set(files.map(({ id }) => id)).size).toBe(MAX_BULK_FILES);
    for (const index of [0, 1, 4, 5, 6, MAX_BULK_FILES - 1]) {
      const read = await api.call('GET', `files/${files[index]!.id}/contents/`);
      expect(Buffer.from(await read.arrayBuffer()).equals(sent[index]!.bytes)).toBe(true);
    }
  });

  test('can be deleted like any others', async () => {
    const before = await blobs();
    const { files } = await sendAll(some(20));
    expect(await blobs()).toBe(before + 20);
    for (const { id } of files) {
      expect((await api.call('DELETE', `files/${id}/`)).status).toBe(204);
    }
    expect(await blobs()).toBe(before);
  });

  test('may come from a client that writes parts without file names, and other parts beside', async () => {
    const body = [
      '--XX\r\nContent-Disposition: form-data; name="manifest"\r\nContent-Type: application/json\r\n\r\n',
      '[{"name":"a","size_bytes":"1","colour":"green"},{"name":"b","sizeBytes":2}]',
      '\r\n--XX\r\nContent-Disposition: form-data; name="comment"\r\n\r\nhello',
      '\r\n--XX\r\nContent-Disposition: form-data; name="file"\r\n\r\na',
      '\r\n--XX\r\nContent-Disposition: form-data; name="file"; filename="other name"\r\n\r\nbb',
      '\r\n--XX--\r\n',
    ].join('');
    const headers = { 'content-type': 'multipart/form-data; boundary=XX' };
    const response = await api.call('POST', 'files/bulk/', { headers, body });
    expect(response.status).toBe(201);
    const answer = uploadFiles.response.parse(await response.json());
    expect(answer.files.map(({ name, decryptedSize }) => [name, decryptedSize])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(answer.warnings).toEqual([expect.stringContaining('colour'), expect.stringContaining('comment')]);
  });
});

describe('of many files none is kept', () => {
  const good = some(3);
  const swap = (told: object): Sent[] => [good[0]!, { ...good[1]!, told }, good[2]!];

  test.each<[string, FormData | (() => FormData), unknown]>([
    ['one is longer than announced', formOf(swap({ sizeBytes: 10 })), [{}, { sizeBytes: [/10 announced/] }]],
    ['one is shorter', formOf(swap({ sizeBytes: 2000 })), [{}, { sizeBytes: [/1000 bytes where 2000/] }]],
    [
      'one has another digest',
      formOf(swap({ sha512: '0'.repeat(128) })),
      [{}, { sha512: [/another SHA-512/] }],
    ],
    ['one has no good name', formOf(swap({ name: 'a/b' })), [{}, { name: [/.+/] }]],
    [
      'one is too large to be among many',
      formOf(swap({ sizeBytes: LIMITS.bulkFileBytes + 1 })),
      [{}, { sizeBytes: [/Send it alone/] }],
    ],
    [
      'they are too much together',
      () =>
        formOf(
          [],
          Array.from({ length: 17 }, () => ({ name: 'x', sizeBytes: LIMITS.bulkFileBytes })),
        ),
      [/several requests/],
    ],
    ['there are none', formOf([]), [/may not be empty/]],
    ['the manifest is not JSON', formOf(good, '{'), [/not JSON/]],
    [
      'a name holds half a character, which would be replaced',
      formOf(good, '[{"name":"\\ud800","sizeBytes":1}]'),
      [{ name: [/half a character/] }],
    ],
    [
      'there are too many',
      () =>
        formOf(
          [],
          Array.from({ length: MAX_BULK_FILES + 1 }, () => ({ name: 'x', sizeBytes: 0 })),
        ),
      [/no more than 1000/],
    ],
  ])('when %s', async (_case, form, problems) => {
    const [rows, kept] = [await countOf(), await blobs()];
    const response = await send(typeof form === 'function' ? form() : form);
    expect(response.status).toBe(400);
    expect((await json(response)).manifest).toEqual(matching(problems));
    expect([await countOf(), await blobs()]).toEqual([rows, kept]);
  });

  test('when the manifest is not UTF-8', async () => {
    const form = Buffer.from(
      '--XX\r\nContent-Disposition: form-data; name="manifest"\r\n\r\n[{"name":"\xe9","sizeBytes":0}]\r\n--XX--\r\n',
      'latin1',
    );
    const response = await api.call('POST', 'files/bulk/', {
      headers: { 'content-type': 'multipart/form-data; boundary=XX' },
      body: form as unknown as RequestInit['body'],
    });
    expect(await json(response)).toEqual({ manifest: [expect.stringContaining('not UTF-8')] });
  });

  test('when there are more or fewer parts than announced, or no manifest', async () => {
    const [rows, kept] = [await countOf(), await blobs()];
    for (const form of [
      formOf(good, good.slice(1).map(announce)),
      formOf(good.slice(1), good.map(announce)),
    ]) {
      const response = await send(form);
      expect(response.status).toBe(400);
      expect(await json(response)).toMatchObject({
        file: [expect.stringMatching(/announces \d files, and \d/)],
      });
    }
    const bare = new FormData();
    bare.append('file', new Blob(['x']), 'x');
    expect(await json(await send(bare))).toMatchObject({ manifest: ['This field is required.'] });
    expect((await api.call('POST', 'files/bulk/', { body: '{}' })).status).toBe(415);
    expect([await countOf(), await blobs()]).toEqual([rows, kept]);
  });

  test('when the client goes in the middle', async () => {
    const kept = await blobs();
    const head = [
      'POST /api/v2/files/bulk/ HTTP/1.1',
      `Host: ${new URL(api.url).host}`,
      `Authorization: Token ${api.key}`,
      'Content-Type: multipart/form-data; boundary=XX',
      'Content-Length: 100000',
      '\r\n--XX\r\nContent-Disposition: form-data; name="manifest"\r\n',
      '[{"name":"a","sizeBytes":3},{"name":"b","sizeBytes":90000}]\r\n--XX',
      'Content-Disposition: form-data; name="file"; filename="a"\r\n\r\naaa\r\n--XX',
      'Content-Disposition: form-data; name="file"; filename="b"\r\n\r\nbbb',
    ].join('\r\n');
    let inHand = 0;
    const { bulkMemory } = api.context;
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    const watched = new WatchedBudget((change) => {
      inHand += change;
    });
    api.context.bulkMemory = watched;
    socket.write(head);
    await until(async () => inHand === 1);
    socket.destroy();
    await until(async () => inHand === 0);
    api.context.bulkMemory = bulkMemory;
    expect(await blobs()).toBe(kept);
    expect(await readdir(join(api.directory, 'incoming'))).toEqual([]);
  });

  test('and bytes that another file has stay', async () => {
    const bytes = randomBytes(100);
    const file = await upload(api, bytes);
    const sent = [
      { name: 'same', bytes },
      { name: 'bad', bytes: randomBytes(5), told: { sha512: '0'.repeat(128) } },
    ];
    expect((await send(formOf(sent))).status).toBe(400);
    const read = await api.call('GET', `files/${file.id}/contents/`);
    expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true);
  });
});

describe('the same files again with the same Idempotency-Key', () => {
  test('are the files of before', async () => {
    const sent = some(3);
    const first = await (await send(formOf(sent), 'many-1')).text();
    const before = await countOf();
    const again = await send(formOf(sent), 'many-1');
    expect([again.status, await again.text()]).toEqual([201, first]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await countOf()).toBe(before);
  });

  test('are refused when their bytes are others, and when one has been deleted', async () => {
    const sent = some(2);
    const { files } = (await json(await send(formOf(sent), 'many-2'))) as { files: FileObject[] };
    expect((await send(formOf(some(2)), 'many-2')).status).toBe(422);
    await api.call('DELETE', `files/${files[1]!.id}/`);
    expect((await send(formOf(sent), 'many-2')).status).toBe(409);
  });
});

describe('memory for uploads of many files', () => {
  const never = new AbortController().signal;

  test('is given in the order it was asked for, as it becomes free', async () => {
    const budget = new ByteBudget(100);
    const order: string[] = [];
    const ask = async (name: string, bytes: number, signal = never) => {
      const giveBack = await budget.take(bytes, signal);
      order.push(name);
      return giveBack;
    };
    const first = await ask('first', 70);
    const large = ask('large', 80);
    const small = ask('small', 20);
    const leaving = new AbortController();
    const gone = ask('gone', 100, leaving.signal);
    const last = ask('last', 90);
    leaving.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    expect(order).toEqual(['first']);
    first();
    first();
    (await large)();
    (await small)();
    (await last)();
    expect(order).toEqual(['first', 'large', 'small', 'last']);
  });
});

class WatchedBudget extends ByteBudget {
  readonly #onChange: (change: 1 | -1) => void;
  constructor(onChange: (change: 1 | -1) => void) {
    super(LIMITS.bulkMemoryBytes);
    this.#onChange = onChange;
  }
  override async take(bytes: number, signal: AbortSignal): Promise<() => void> {
    const giveBack = await super.take(bytes, signal);
    this.#onChange(1);
    return () => {
      giveBack();
      this.#onChange(-1);
    };
  }
}

/** Patterns in a structure as what Vitest compares texts with. */
function matching(value: unknown): unknown {
  if (value instanceof RegExp) {
    return expect.stringMatching(value);
  }
  if (Array.isArray(value)) {
    return value.map(matching);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, matching(item)]));
}
