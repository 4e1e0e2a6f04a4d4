/** Verified downloads of the browser entry, over the global fetch, from servers that behave badly. */
import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import {
  type DownloadSink,
  fileSink,
  IntegrityError,
  type TransferEvent,
  type WritableFileHandle,
} from '@quarry/sdk';
import { describe, expect, test } from 'vitest';
import { type Asked, json, startDouble } from './platform-double.ts';

const MIB = 1024 * 1024;
const content = randomBytes(13 * MIB + 17);
const sha512 = sha512Of(content);

function sha512Of(bytes: Uint8Array): string {
  return createHash('sha512').update(bytes).digest('hex');
}

interface Behaviour {
  /** Called for each request of bytes, by how many came before it; true when it has answered. */
  misbehave?: (range: { start: number; end: number }, count: number, response: ServerResponse) => boolean;
  stored?: Buffer;
  features?: string[];
  ignoresRanges?: boolean;
}

/** A platform with one file. */
function serving({ misbehave, stored = content, features = [], ignoresRanges = false }: Behaviour = {}) {
  let asked = 0;
  return (request: Asked, response: ServerResponse) => {
    if (request.url === '/api/v2/server/') {
      return json(response, 200, { features });
    }
    if (request.url.startsWith('/api/v2/files/abcdef/part-digests/')) {
      const { searchParams } = new URL(request.url, 'http://localhost');
      const partBytes = Number(searchParams.get('partBytes'));
      const start = Number(searchParams.get('start'));
      // Two at a time, so that the pages must be followed.
      const starts = [start, start + partBytes].filter((each) => each < content.byteLength);
      const nextStart = start + 2 * partBytes < content.byteLength ? start + 2 * partBytes : null;
      const digests = starts.map((each) => sha512Of(content.subarray(each, each + partBytes)));
      return json(response, 200, { partBytes, start, sizeBytes: content.byteLength, digests, nextStart });
    }
    if (request.url === '/api/v2/files/abcdef/') {
      return json(response, 200, {
        id: 'abcdef',
        name: 'mesh.inp',
        decryptedSize: content.byteLength,
        fileChecksums: [{ hashFunction: 'SHA-512', fileHash: sha512 }],
      });
    }
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    const range = { start: Number(from ?? 0), end: Number(to ?? content.byteLength - 1) + 1 };
    if (misbehave?.(range, asked++, response)) {
      return;
    }
    if (from === undefined || ignoresRanges) {
      response.writeHead(200, { 'content-length': stored.byteLength }).end(stored);
      return;
    }
    const headers = {
      'content-length': range.end - range.start,
      'content-range': `bytes ${range.start}-${range.end - 1}/${content.byteLength}`,
    };
    response.writeHead(206, headers).end(stored.subarray(range.start, range.end));
  };
}

/** A sink that can only be written to. */
function plainSink() {
  const bytes = Buffer.alloc(content.byteLength);
  const sink: DownloadSink & { bytes: Buffer; ended: string } = {
    bytes,
    ended: '',
    write: (position, piece) => {
      bytes.set(piece, position);
    },
    close: () => {
      sink.ended = 'closed';
    },
    abort: (contiguousBytes) => {
      sink.ended = `aborted at ${contiguousBytes}`;
    },
  };
  return sink;
}

/** What browsers give for a file: writes go to a copy, which takes its place when it is closed. */
function fileHandle(before: Uint8Array<ArrayBuffer> = new Uint8Array()) {
  let file = before;
  const handle: WritableFileHandle = {
    getFile: async () => new Blob([file]),
    createWritable: async ({ keepExistingData = false } = {}) => {
      let copy = keepExistingData ? file : new Uint8Array();
      const resize = (size: number) => {
        const resized = new Uint8Array(size);
        resized.set(copy.subarray(0, size));
        copy = resized;
      };
      return {
        write: async ({ position, data }) => {
          if (position + data.byteLength > copy.byteLength) {
            resize(position + data.byteLength);
          }
          copy.set(data, position);
        },
        truncate: async (size) => resize(size),
        close: async () => {
          file = copy;
        },
      };
    },
  };
  return { handle, content: () => Buffer.from(file) };
}

function damaged(position: number): Buffer {
  const bytes = Buffer.from(content);
  bytes[position]! ^= 1;
  return bytes;
}

describe('saveTo', () => {
  test('ranges arrive in place and are verified', async () => {
    await using platform = await startDouble(serving());
    const sink = plainSink();
    const events: TransferEvent[] = [];
    const saved = await platform
      .client()
      .files.saveTo('abcdef', sink, { onEvent: (event) => events.push(event) });
    expect(saved).toMatchObject({ sha512, verified: true, sizeBytes: content.byteLength });
    expect(sink.bytes.equals(content)).toBe(true);
    expect(sink.ended).toBe('closed');
    expect(events[0]).toMatchObject({ type: 'start', path: 'mesh.inp', resumedBytes: 0 });
    expect(events.at(-2)).toMatchObject({ type: 'progress', transferredBytes: content.byteLength });
    expect(events.at(-1)).toMatchObject({ type: 'done', sha512 });
  });

  test('a broken range goes on from its last byte', async () => {
    const cutAt = 2 * MIB;
    await using platform = await startDouble(
      serving({
        misbehave: ({ start, end }, count, response) => {
          if (count !== 1) {
            return false;
          }
          response.writeHead(206, {
            'content-length': end - start,
            'content-range': `bytes ${start}-${end - 1}/${content.byteLength}`,
          });
          response.write(content.subarray(start, start + cutAt), () => {
            setTimeout(() => response.socket?.destroy(), 50);
          });
          return true;
        },
      }),
    );
    const sink = plainSink();
    const events: TransferEvent[] = [];
    await platform.client().files.saveTo('abcdef', sink, { onEvent: (event) => events.push(event) });
    expect(sink.bytes.equals(content)).toBe(true);
    expect(events.filter(({ type }) => type === 'retry')).toHaveLength(1);
    const starts = platform.asked.map(({ headers }) => Number(/=(\d+)/.exec(headers.range ?? '')?.[1]));
    expect(starts.filter((start) => start % (4 * MIB) === cutAt)).toHaveLength(1);
  });

  test('a damaged stretch is fetched again, alone, where the sink can be read', async () => {
    let isDamaged = true;
    await using platform = await startDouble(
      serving({
        features: ['part-digests'],
        misbehave: ({ start, end }, _count, response) => {
          if (start !== 4 * MIB || !isDamaged) {
            return false;
          }
          isDamaged = false;
          response.writeHead(206, { 'content-length': end - start });
          response.end(damaged(5 * MIB).subarray(start, end));
          return true;
        },
      }),
    );
    const { handle, content: saved } = fileHandle();
    const events: TransferEvent[] = [];
    await platform
      .client()
      .files.saveTo('abcdef', fileSink(handle), { onEvent: (event) => events.push(event) });
    expect(saved().equals(content)).toBe(true);
    expect(events.find(({ type }) => type === 'repair')).toEqual({
      type: 'repair',
      path: 'mesh.inp',
      ranges: [{ start: 4 * MIB, end: 8 * MIB }],
    });
    expect(platform.asked.filter(({ headers }) => headers.range !== undefined)).toHaveLength(5);
  });

  test('a damaged file is fetched again as a whole where nobody can tell what is wrong', async () => {
    let answers = 0;
    await using platform = await startDouble(
      serving({
        misbehave: ({ start, end }, _count, response) => {
          answers += 1;
          if (start !== 0 || answers > 4) {
            return false;
          }
          response.writeHead(206, { 'content-length': end - start });
          response.end(damaged(0).subarray(start, end));
          return true;
        },
      }),
    );
    const sink = plainSink();
    await platform.client().files.saveTo('abcdef', sink);
    expect(sink.bytes.equals(content)).toBe(true);
    expect(answers).toBe(8);
  });

  test('bytes that stay wrong are refused, and the sink is told', async () => {
    await using platform = await startDouble(serving({ stored: damaged(9) }));
    const sink = plainSink();
    await expect(platform.client().files.saveTo('abcdef', sink)).rejects.toThrow(IntegrityError);
    expect(sink.ended).toMatch(/^aborted/);
  });

  test('a platform that ignores ranges is read by one stream, and again after it broke', async () => {
    await using platform = await startDouble(
      serving({
        ignoresRanges: true,
        misbehave: (_range, count, response) => {
          if (count !== 1) {
            return false;
          }
          response.writeHead(200, { 'content-length': content.byteLength });
          response.write(content.subarray(0, 6 * MIB), () =>
            setTimeout(() => response.socket?.destroy(), 50),
          );
          return true;
        },
      }),
    );
    const sink = plainSink();
    const seen: number[] = [];
    const { verified } = await platform.client().files.saveTo('abcdef', sink, {
      onProgress: ({ transferredBytes }) => seen.push(transferredBytes),
    });
    expect(verified).toBe(true);
    expect(sink.bytes.equals(content)).toBe(true);
    expect(seen.at(-1)).toBe(content.byteLength);
  });

  test('an aborted download rejects with the reason and leaves its beginning, from which the next one goes on', async () => {
    const abort = new AbortController();
    await using platform = await startDouble(serving());
    const { files } = platform.client();
    const { handle, content: saved } = fileHandle();
    const sink = fileSink(handle);
    const write = sink.write.bind(sink);
    let writes = 0;
    sink.write = async (position, bytes) => {
      await write(position, bytes);
      writes += 1;
      if (writes === 2) {
        abort.abort('enough');
      }
    };
    await expect(files.saveTo('abcdef', sink, { streams: 1, signal: abort.signal })).rejects.toBe('enough');
    const kept = saved().byteLength;
    expect(kept).toBe(8 * MIB);
    expect(saved().equals(content.subarray(0, kept))).toBe(true);

    const events: TransferEvent[] = [];
    const options = { onEvent: (event: TransferEvent) => events.push(event) };
    platform.asked.length = 0;
    await files.saveTo('abcdef', fileSink(handle, { resume: true }), options);
    expect(saved().equals(content)).toBe(true);
    expect(events[0]).toMatchObject({ type: 'start', resumedBytes: kept });
    expect(platform.asked.filter(({ headers }) => headers.range !== undefined)).toHaveLength(2);
  });

  test('what is longer than the file is cut off before it is taken for its beginning', async () => {
    await using platform = await startDouble(serving({ features: ['part-digests'] }));
    const { handle, content: saved } = fileHandle(new Uint8Array(content.byteLength + 5));
    await platform.client().files.saveTo('abcdef', fileSink(handle, { resume: true }));
    expect(saved().equals(content)).toBe(true);
  });
});

test('a blob is collected where there is no file', async () => {
  await using platform = await startDouble(serving());
  const { blob, verified } = await platform.client().files.toBlob('abcdef');
  expect(verified).toBe(true);
  expect(Buffer.from(await blob.arrayBuffer()).equals(content)).toBe(true);
});
