/** A server that holds bytes and serves them well, unless a test says otherwise; it answers any path. */
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type Asked, json, type PlatformDouble, startDouble } from './platform-double.ts';

export interface ByteServer extends PlatformDouble {
  /** The ranges that were asked for, in order; undefined where all was. */
  ranges(): (string | undefined)[];
}

export interface ByteServerOptions {
  content: Buffer;
  /** What the metadata of the file `filef` says besides. */
  metadata?: object;
  /** True when it has answered; `count` is the number of requests for bytes before this one. */
  misbehave?: (request: Asked, response: ServerResponse, count: number) => boolean;
  /** Sent with the bytes. */
  headers?: Record<string, string>;
  /** The address of metadata that a platform of ours has besides. */
  api?: (request: Asked, response: ServerResponse) => boolean;
}

export async function startByteServer(options: ByteServerOptions): Promise<ByteServer> {
  const { content, metadata = {}, headers = {}, misbehave = () => false, api = () => false } = options;
  let count = 0;
  const asked: Asked[] = [];
  const server = await startDouble((request, response) => {
    if (api(request, response)) {
      return;
    }
    if (/\/files\/\w+\/$/.test(request.url)) {
      return json(response, 200, { ...metadataOf(content), ...metadata });
    }
    if (request.url.startsWith('/api/') && !request.url.includes('contents')) {
      return json(response, 404, { detail: 'Not found.' });
    }
    asked.push(request);
    if (!misbehave(request, response, count++)) {
      serve(content, request, response, headers);
    }
  });
  return { ...server, ranges: () => asked.map((request) => request.headers.range) };
}

export function metadataOf(content: Buffer): object {
  return {
    id: 'filef',
    name: 'result.bin',
    relativePath: 'result.bin',
    decryptedSize: content.byteLength,
    fileChecksums: [{ hashFunction: 'sha512', fileHash: sha512Of(content) }],
  };
}

export function sha512Of(content: Uint8Array): string {
  return createHash('sha512').update(content).digest('hex');
}

/** Serves a range where one is asked for, else all. */
export function serve(
  content: Buffer,
  request: Asked,
  response: ServerResponse,
  headers: Record<string, string> = {},
): void {
  if (request.headers.range === undefined) {
    response.writeHead(200, { ...headers, 'content-length': content.byteLength }).end(content);
    return;
  }
  const [start, end] = rangeOf(request, content);
  response.writeHead(206, { ...headers, ...rangeHeaders(start, end, content) });
  response.end(content.subarray(start, end + 1));
}

export function rangeHeaders(start: number, end: number, content: Buffer): Record<string, string | number> {
  return {
    'content-length': end - start + 1,
    'content-range': `bytes ${start}-${end}/${content.byteLength}`,
  };
}

/** The range asked for, its last byte included; all of the file where none was. */
export function rangeOf(request: Asked, content: Buffer): [number, number] {
  const match = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
  const last = content.byteLength - 1;
  return match === null ? [0, last] : [Number(match[1]), Math.min(Number(match[2]), last)];
}
