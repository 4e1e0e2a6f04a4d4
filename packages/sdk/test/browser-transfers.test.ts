/** Uploads and downloads of the browser entry, over the global fetch. */
import { ConnectionError, InvalidResponseError, type Progress, QuarryError } from '@quarry/sdk';
import { describe, expect, test } from 'vitest';
import { json, startDouble } from './platform-double.ts';

const created = { id: 'filef', name: 'mesh.inp' };

/** The one file part of a multipart body and its fields, by a plain reading of the text. */
function readMultipart(body: Buffer): { filename: string; content: string; fields: string[] } {
  const text = body.toString('utf8');
  const match = /name="file"; filename="([^"]*)"\r\n(?:[^\r]+\r\n)*\r\n([\s\S]*?)\r\n--/.exec(text);
  const fields = [...text.matchAll(/name="(\w+)"\r\n\r\n(\w+)\r\n/g)].map(
    ([, name, value]) => `${name}=${value}`,
  );
  return { filename: match?.[1] ?? '', content: match?.[2] ?? '', fields };
}

describe('upload', () => {
  test('text, bytes, a blob and a file become a form', async () => {
    await using platform = await startDouble((_request, response) => json(response, 201, created));
    const { files } = platform.client();
    await files.upload('hello', { name: 'mesh.inp', typeId: 2 });
    await files.upload(new TextEncoder().encode('hello'), { name: 'mesh.inp' });
    await files.upload(new Blob(['hello']), { name: 'mesh.inp' });
    const file = await files.upload(new File(['hello'], 'mesh.inp'));
    expect(file).toEqual(created);
    for (const { body, headers } of platform.asked) {
      expect(readMultipart(body)).toMatchObject({ filename: 'mesh.inp', content: 'hello' });
      expect(headers['content-length']).toBe(String(body.byteLength));
    }
    expect(readMultipart(platform.asked[0]!.body).fields).toEqual(['typeId=2']);
  });

  test('a blob with progress is streamed with its exact length', async () => {
    await using platform = await startDouble((_request, response) => json(response, 201, created));
    const seen: Progress[] = [];
    const source = new Blob(['x'.repeat(3_000_000)]);
    await platform
      .client()
      .files.upload(source, { name: 'ñ "1".inp', onProgress: (progress) => seen.push(progress) });
    const { body, headers } = platform.asked[0]!;
    expect(headers['content-length']).toBe(String(body.byteLength));
    expect(headers['transfer-encoding']).toBeUndefined();
    expect(readMultipart(body).filename).toBe('ñ %221%22.inp');
    expect(readMultipart(body).content).toHaveLength(3_000_000);
    expect(seen.at(-1)).toEqual({ transferredBytes: 3_000_000, totalBytes: 3_000_000 });
    expect(seen.length).toBeGreaterThan(1);
  });

  test('a stream and an async iterable are sent as they come', async () => {
    await using platform = await startDouble((_request, response) => json(response, 201, created));
    const { files } = platform.client();
    await files.upload(new Blob(['hello']).stream(), { name: 'a' });
    async function* chunks() {
      yield new TextEncoder().encode('hel');
      yield new TextEncoder().encode('lo');
    }
    await files.upload(chunks(), { name: 'b', sizeBytes: 5 });
    expect(platform.asked[0]?.headers['transfer-encoding']).toBe('chunked');
    expect(platform.asked[1]?.headers['content-length']).toBeDefined();
    expect(platform.asked.map(({ body }) => readMultipart(body).content)).toEqual(['hello', 'hello']);
  });

  test('a stream that is shorter than said fails', async () => {
    await using platform = await startDouble((_request, response) => json(response, 201, created));
    const call = platform.client().files.upload(new Blob(['hello']).stream(), { name: 'a', sizeBytes: 6 });
    await expect(call).rejects.toThrow('gave 5 bytes where sizeBytes said 6');
  });

  test('a source without a name is refused before anything is sent', async () => {
    await using platform = await startDouble((_request, response) => json(response, 201, created));
    await expect(platform.client().files.upload('hello')).rejects.toThrow(QuarryError);
    expect(platform.asked).toHaveLength(0);
  });

  test('an abort in the middle rejects with its reason', async () => {
    await using platform = await startDouble((_request, response) => json(response, 201, created));
    const abort = new AbortController();
    async function* endless() {
      for (;;) {
        yield new Uint8Array(65536);
        abort.abort('enough');
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const call = platform.client().files.upload(endless(), { name: 'a', signal: abort.signal });
    await expect(call).rejects.toBe('enough');
  });
});

describe('download', () => {
  test('bytes stream with progress', async () => {
    await using platform = await startDouble((_request, response) => {
      response.writeHead(200, { 'content-length': '5' }).end('hello');
    });
    const seen: Progress[] = [];
    const response = await platform
      .client()
      .files.download('filef', { onProgress: (progress) => seen.push(progress) });
    expect(await response.text()).toBe('hello');
    expect(seen.at(-1)).toEqual({ transferredBytes: 5, totalBytes: 5 });
  });

  test('a range is asked for and must be answered as one', async () => {
    await using platform = await startDouble((request, response, count) => {
      if (count === 0) {
        response.writeHead(206, { 'content-range': 'bytes 1-3/5' }).end('ell');
      } else {
        response.writeHead(200, { 'content-length': '5' }).end('hello');
      }
      expect(request.headers.range).toBe('bytes=1-3');
    });
    const { files } = platform.client();
    const response = await files.download('filef', { range: { start: 1, end: 3 } });
    expect(await response.text()).toBe('ell');
    await expect(files.download('filef', { range: { start: 1, end: 3 } })).rejects.toThrow(
      InvalidResponseError,
    );
  });

  test('a body cut short fails as ConnectionError', async () => {
    await using platform = await startDouble((_request, response) => {
      response.writeHead(200, { 'content-length': '100000' });
      response.write('hello', () => response.socket?.destroy());
    });
    const response = await platform.client().files.download('filef');
    await expect(response.text()).rejects.toThrow(ConnectionError);
  });

  test('the time limit ends with the first byte, the signal reaches the last', async () => {
    await using platform = await startDouble((_request, response) => {
      response.writeHead(200, { 'content-length': '100000' });
      response.write('hello');
    });
    const abort = new AbortController();
    const client = platform.client({ timeoutMs: 50 });
    const response = await client.files.download('filef', { signal: abort.signal });
    const reading = response.text();
    setTimeout(() => abort.abort('enough'), 150);
    await expect(reading).rejects.toBe('enough');
  });

  test('lines keep their ends', async () => {
    await using platform = await startDouble((_request, response) =>
      json(response, 200, { lines: ['a\n', 'b\n'] }),
    );
    expect(await platform.client().files.lines('filef')).toEqual(['a\n', 'b\n']);
  });
});
