/** Large files in parts against a platform in memory that breaks in every way. */
import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, open, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IntegrityError, LocalFileError, NotFoundError, ServerError, type TransferEvent } from '@quarry/sdk';
import { uploadPath } from '@quarry/sdk/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { json } from './platform-double.ts';
import { startTusDouble, type TusDouble } from './tus-double.ts';

const MIB = 1024 * 1024;
const content = randomBytes(18 * MIB + 321);
const sha512 = createHash('sha512').update(content).digest('hex');
let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-upload-'));
  path = join(directory, 'mesh.inp');
  await writeFile(path, content);
});
afterEach(() => rm(directory, { recursive: true }));

function only({ uploads }: TusDouble) {
  expect([...uploads.values()].filter(({ file }) => file !== null)).toHaveLength(1);
  return [...uploads.values()].find(({ file }) => file !== null)!;
}

test('a large file goes in parts over several connections, once, and is verified', async () => {
  await using platform = await startTusDouble();
  const events: TransferEvent[] = [];
  const file = await uploadPath(platform.client(), path, {
    typeId: 4,
    onEvent: (event) => events.push(event),
  });
  expect(file.id).toBe('filef');
  const upload = only(platform);
  expect(upload.bytes.equals(content)).toBe(true);
  expect(upload.parts.length).toBeGreaterThan(4);
  expect(upload.metadata).toMatchObject({ filename: 'mesh.inp', typeId: '4', partBytes: String(4 * MIB) });
  expect(platform.receivedBytes).toBe(content.byteLength);
  expect(platform.mostAtOnce).toBeGreaterThan(1);
  expect(events[0]).toEqual({ type: 'start', path, sizeBytes: content.byteLength, resumedBytes: 0 });
  expect(events.at(-1)).toEqual({ type: 'done', path, sizeBytes: content.byteLength, sha512 });
  const last = events.filter((event) => event.type === 'progress').at(-1);
  expect(last).toMatchObject({ transferredBytes: content.byteLength });
});

test('the number of streams can be told', async () => {
  await using platform = await startTusDouble();
  await uploadPath(platform.client(), path, { streams: 1 });
  expect(platform.mostAtOnce).toBe(1);
  expect(only(platform).bytes.equals(content)).toBe(true);
});

test('small files and platforms without resumable uploads get one request', async () => {
  await using platform = await startTusDouble({
    onRequest: (request, response) => {
      if (request.url !== '/api/v2/files/contents/') {
        return false;
      }
      request.resume().on('end', () => json(response, 201, { id: 'whole' }));
      return true;
    },
  });
  platform.features = ['part-digests'];
  expect((await uploadPath(platform.client(), path)).id).toBe('whole');
  platform.features = ['resumable-uploads'];
  await writeFile(path, 'small');
  expect((await uploadPath(platform.client(), path)).id).toBe('whole');
  await writeFile(path, content);
  expect((await uploadPath(platform.client(), path, { idempotencyKey: 'mine' })).id).toBe('whole');
  expect(platform.uploads.size).toBe(0);
});

test('after twenty cuts the file is right, and only what was on the way is sent again', async () => {
  const every = MIB - 777;
  await using platform = await startTusDouble({
    cutAfter: (_request, patches) => (patches < 20 ? every : null),
  });
  const events: TransferEvent[] = [];
  const client = platform.client({ maxRetries: 2 });
  await uploadPath(client, path, { onEvent: (event) => events.push(event) });
  expect(only(platform).bytes.equals(content)).toBe(true);
  // The double takes nothing twice: every byte that it kept was gone on from.
  expect(platform.receivedBytes).toBe(content.byteLength);
  expect(events.filter(({ type }) => type === 'retry').length).toBeGreaterThanOrEqual(
    content.byteLength / (4 * MIB),
  );
});

test('patience ends where no byte arrives any more', async () => {
  await using platform = await startTusDouble({
    onRequest: (request, response) => {
      if (request.method !== 'PATCH') {
        return false;
      }
      json(response, 503, { detail: 'Away.' }, { 'retry-after': '0' });
      return true;
    },
  });
  await expect(uploadPath(platform.client({ maxRetries: 1 }), path, { streams: 1 })).rejects.toThrow(
    ServerError,
  );
  expect(platform.asked.filter((line) => line.startsWith('PATCH'))).toHaveLength(2);
});

test('429 and Retry-After are waited out', async () => {
  let refused = 0;
  await using platform = await startTusDouble({
    onRequest: (request, response) => {
      if (request.method !== 'PATCH' || refused >= 3) {
        return false;
      }
      refused += 1;
      json(response, 429, { detail: 'Slow down.' }, { 'retry-after': '0' });
      return true;
    },
  });
  await uploadPath(platform.client(), path);
  expect(only(platform).bytes.equals(content)).toBe(true);
});

test('an aborted upload is gone on with, and a finished one is not', async () => {
  await using platform = await startTusDouble();
  const abort = new AbortController();
  const half = uploadPath(platform.client(), path, {
    signal: abort.signal,
    onProgress: ({ transferredBytes }) => {
      if (transferredBytes > 12 * MIB) {
        abort.abort('enough');
      }
    },
  });
  await expect(half).rejects.toBe('enough');
  await expect
    .poll(() =>
      platform.uploads
        .values()
        .next()
        .value!.parts.some(({ isBusy }) => isBusy),
    )
    .toBe(false);
  const there = platform.receivedBytes;
  expect(there).toBeGreaterThan(4 * MIB);
  const events: TransferEvent[] = [];
  await uploadPath(platform.client(), path, { onEvent: (event) => events.push(event) });
  expect(platform.uploads.size).toBe(1);
  expect(only(platform).bytes.equals(content)).toBe(true);
  expect(events[0]).toMatchObject({ type: 'start', resumedBytes: there });
  expect(platform.receivedBytes).toBe(content.byteLength);
  await uploadPath(platform.client(), path);
  expect(platform.uploads.size).toBe(2);
});

/** Leaves an upload that has been cut for good after so many bytes of its first part. */
async function leaveBroken(platform: TusDouble): Promise<void> {
  platform.misbehave = { cutAfter: () => 100_000 };
  const abort = new AbortController();
  const broken = uploadPath(platform.client(), path, {
    signal: abort.signal,
    onEvent: ({ type }) => {
      if (type === 'retry') {
        abort.abort('broken');
      }
    },
  });
  await expect(broken).rejects.toBe('broken');
  platform.misbehave = {};
}

test('a file that changed, another name and resume: false begin a new upload', async () => {
  await using platform = await startTusDouble();
  await leaveBroken(platform);
  const client = platform.client();
  await uploadPath(client, path, { resume: false });
  expect(platform.uploads.size).toBe(2);
  await uploadPath(client, path, { name: 'other.inp' });
  expect(platform.uploads.size).toBe(3);
  await utimes(path, 1, 1);
  await uploadPath(client, path);
  expect(platform.uploads.size).toBe(4);
  expect([...platform.uploads.values()].map(({ file }) => file !== null)).toEqual([false, true, true, true]);
});

test('an upload that another client sends is left to it', async () => {
  await using platform = await startTusDouble();
  await leaveBroken(platform);
  const [left] = [...platform.uploads.values()];
  left!.parts[0]!.isBusy = true;
  const growing = setInterval(() => {
    left!.parts[0]!.receivedBytes += 1;
  }, 20);
  await uploadPath(platform.client(), path);
  clearInterval(growing);
  expect(platform.uploads.size).toBe(2);
  expect(left!.file).toBeNull();
});

test('two clients at once send two uploads', async () => {
  await using platform = await startTusDouble();
  const files = await Promise.all([1, 2].map(() => uploadPath(platform.client(), path)));
  expect(files).toHaveLength(2);
  const done = [...platform.uploads.values()].filter(({ file }) => file !== null);
  expect(done).toHaveLength(2);
  for (const { bytes } of done) {
    expect(bytes.equals(content)).toBe(true);
  }
});

test('a found upload that turns out to be sent by another client is given up for a new one', async () => {
  await using platform = await startTusDouble();
  await leaveBroken(platform);
  const [left] = [...platform.uploads.values()];
  platform.misbehave = {
    onRequest: (request, response) => {
      const isTheirs = left!.parts.some(({ id }) => request.url?.includes(id));
      if (isTheirs && request.method === 'PATCH') {
        json(response, 423, { detail: 'Locked.' });
      }
      return isTheirs && request.method === 'PATCH';
    },
  };
  await uploadPath(platform.client(), path);
  expect(platform.uploads.size).toBe(2);
  expect(left!.file).toBeNull();
});

test('a connection that the platform still holds is waited out', async () => {
  let refusals = 0;
  await using platform = await startTusDouble({
    cutAfter: (_request, patches) => (patches === 0 ? MIB : null),
    onRequest: (request, response) => {
      const offset = Number(request.headers['upload-offset']);
      if (request.method !== 'PATCH' || offset !== MIB || refusals >= 3) {
        return false;
      }
      refusals += 1;
      json(response, 423, { detail: 'Locked.' });
      return true;
    },
  });
  await uploadPath(platform.client({ maxRetries: 0 }), path, { streams: 1 }).catch((error) => error);
  platform.misbehave.cutAfter = () => null;
  await uploadPath(platform.client({ maxRetries: 1 }), path, { streams: 1 });
  expect([...platform.uploads.values()].some(({ bytes, file }) => file && bytes.equals(content))).toBe(true);
});

test('an upload that the platform forgot begins anew once, and says so', async () => {
  await using platform = await startTusDouble();
  let forgotten = 0;
  platform.misbehave = {
    cutAfter: () => {
      if (forgotten > 0) {
        return null;
      }
      forgotten += 1;
      platform.uploads.clear();
      return 1000;
    },
  };
  const events: TransferEvent[] = [];
  await uploadPath(platform.client(), path, { onEvent: (event) => events.push(event) });
  expect(only(platform).bytes.equals(content)).toBe(true);
  expect(events.some((event) => event.type === 'retry' && event.message.includes('begins anew'))).toBe(true);
  expect(events.filter(({ type }) => type === 'start')).toHaveLength(2);

  platform.misbehave = {
    cutAfter: () => {
      platform.uploads.clear();
      return 1000;
    },
  };
  const error = await uploadPath(platform.client(), path).catch((thrown) => thrown);
  expect(error.message).toContain('forgot the upload twice');
  expect(error.cause).toBeInstanceOf(NotFoundError);
});

test('damaged bytes are found, and only their part is sent again', async () => {
  let isDamaged = false;
  await using platform = await startTusDouble({
    onBytes: (bytes, position) => {
      if (isDamaged || position < 10 * MIB) {
        return;
      }
      isDamaged = true;
      bytes[0]! ^= 1;
    },
  });
  const events: TransferEvent[] = [];
  await uploadPath(platform.client(), path, { onEvent: (event) => events.push(event) });
  expect(only(platform).bytes.equals(content)).toBe(true);
  const repair = events.find((event) => event.type === 'repair');
  expect(repair?.ranges).toHaveLength(1);
  const [{ start, end }] = repair!.ranges as [{ start: number; end: number }];
  expect(end - start).toBe(4 * MIB);
  expect(platform.receivedBytes).toBe(content.byteLength + 4 * MIB);
});

test('a part that arrives damaged twice is an IntegrityError, and nothing is kept', async () => {
  await using platform = await startTusDouble({
    onBytes: (bytes, position) => {
      if (position >= 10 * MIB && position < 11 * MIB) {
        bytes[0]! ^= 1;
      }
    },
  });
  const error = await uploadPath(platform.client(), path).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(IntegrityError);
  expect(error.message).toContain('arrived damaged again');
  expect(platform.uploads.size).toBe(0);
});

test('a file that is written to meanwhile is refused, and nothing is kept', async () => {
  await using platform = await startTusDouble();
  let touched = false;
  const call = uploadPath(platform.client(), path, {
    onProgress: () => {
      if (touched) {
        return;
      }
      touched = true;
      void appendFile(path, 'more');
    },
  });
  const error = await call.catch((thrown) => thrown);
  expect(error).toBeInstanceOf(LocalFileError);
  expect(error.message).toContain('was written to while it was uploaded');
  expect(platform.uploads.size).toBe(0);
});

test('a file that shrinks meanwhile is refused', async () => {
  await using platform = await startTusDouble();
  await using handle = await open(path, 'r+');
  let cut = false;
  const call = uploadPath(platform.client(), path, {
    streams: 1,
    onProgress: () => {
      if (cut) {
        return;
      }
      cut = true;
      void handle.truncate(1000);
    },
  });
  const error = await call.catch((thrown) => thrown);
  expect(error).toBeInstanceOf(LocalFileError);
  expect(error.message).toContain('became shorter');
});

test('a creation whose answer is lost is found again', async () => {
  let lost = false;
  await using platform = await startTusDouble({
    onRequest: (request, response) => {
      if (lost || request.method !== 'POST' || !request.url?.endsWith('/uploads/')) {
        return false;
      }
      lost = true;
      response.writeHead = () => {
        response.socket?.resetAndDestroy();
        return response;
      };
      return false;
    },
  });
  await uploadPath(platform.client(), path);
  expect(platform.uploads.size).toBe(1);
});

test('what the platform has already is not sent', async () => {
  await using platform = await startTusDouble();
  const events: TransferEvent[] = [];
  platform.known.set('ab'.repeat(64), content.byteLength);
  await uploadPath(platform.client(), path);
  expect(platform.receivedBytes).toBe(content.byteLength);
  platform.known.set(sha512, content.byteLength);
  const seen: number[] = [];
  const file = await uploadPath(platform.client(), path, {
    onEvent: (event) => events.push(event),
    onProgress: ({ transferredBytes }) => seen.push(transferredBytes),
  });
  expect(file.name).toBe('mesh.inp');
  expect(platform.receivedBytes).toBe(content.byteLength);
  expect(seen).toEqual([content.byteLength]);
  expect(events).toEqual([{ type: 'skip', path, sizeBytes: content.byteLength, reason: 'known' }]);
  await uploadPath(platform.client(), path, { skipKnown: false });
  expect(platform.receivedBytes).toBe(2 * content.byteLength);
});

test('a mistake of the caller in a callback ends the upload', async () => {
  await using platform = await startTusDouble();
  const call = uploadPath(platform.client(), path, {
    onProgress: () => {
      throw new Error('no terminal');
    },
  });
  await expect(call).rejects.toThrow('no terminal');
});
