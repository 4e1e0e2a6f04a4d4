/**
 * A platform in memory that takes divided uploads as the contract says, and misbehaves as each test says: it cuts
 * requests, forgets uploads, damages bytes, holds connections that are dead.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Quarry, type QuarryOptions } from '@quarry/sdk';
import { json } from './platform-double.ts';

interface DoubleUpload {
  id: string;
  name: string;
  fingerprint: string;
  metadata: Record<string, string>;
  bytes: Buffer;
  parts: { id: string; start: number; sizeBytes: number; receivedBytes: number; isBusy: boolean }[];
  file: object | null;
}

export interface Misbehaviour {
  /** Before a request is dealt with; true when it was answered or cut. */
  onRequest?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** How many bytes of the body of this PATCH are taken before the connection is cut. */
  cutAfter?: (request: IncomingMessage, patches: number) => number | null;
  /** May damage bytes as they arrive. */
  onBytes?: (bytes: Buffer, position: number) => void;
}

export interface TusDouble extends AsyncDisposable {
  url: string;
  uploads: Map<string, DoubleUpload>;
  /** Everything asked for, as `METHOD path`, ids replaced. */
  asked: string[];
  /** Bytes of bodies of PATCHes that arrived. */
  receivedBytes: number;
  /** Most PATCHes at the same time. */
  mostAtOnce: number;
  misbehave: Misbehaviour;
  features: string[];
  /** What came by `bulk/` and `contents/`. */
  stored: { name: string; bytes: Buffer }[];
  manifests: object[][];
  /** Digests that are known; files of these need no sending. */
  known: Map<string, number>;
  client(options?: Partial<QuarryOptions>): Quarry;
}

const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex');
const letters = () =>
  randomUUID()
    .replaceAll(/[^a-f]/g, '')
    .slice(0, 8) + Math.random().toString(36).slice(2);

/** Starts it on a free port. */
export async function startTusDouble(misbehave: Misbehaviour = {}): Promise<TusDouble> {
  let atOnce = 0;
  let patches = 0;
  const double = {
    uploads: new Map<string, DoubleUpload>(),
    asked: [] as string[],
    receivedBytes: 0,
    mostAtOnce: 0,
    misbehave,
    features: ['resumable-uploads', 'part-digests', 'known-files'],
    stored: [] as { name: string; bytes: Buffer }[],
    manifests: [] as object[][],
    known: new Map<string, number>(),
  };

  const wire = (upload: DoubleUpload) => ({
    id: upload.id,
    name: upload.name,
    typeId: 1,
    sizeBytes: upload.bytes.byteLength,
    receivedBytes: upload.parts.reduce((sum, part) => sum + part.receivedBytes, 0),
    fingerprint: upload.fingerprint,
    isActive: upload.parts.some(({ isBusy }) => isBusy),
    dateInserted: new Date().toISOString(),
    expiresAt: new Date().toISOString(),
    parts: upload.parts.map(({ isBusy: _, ...part }) => part),
    file: upload.file,
  });
  const fileOf = (name: string, digest: string, size: number) => ({
    id: 'filef',
    name,
    decryptedSize: size,
    fileChecksums: [{ hashFunction: 'sha512', fileHash: digest }],
  });

  function create(request: IncomingMessage, response: ServerResponse): void {
    const metadata = Object.fromEntries(
      String(request.headers['upload-metadata'])
        .split(',')
        .map((pair) => pair.split(' '))
        .map(([key = '', value = '']) => [key, Buffer.from(value, 'base64').toString()]),
    );
    const bytes = Buffer.alloc(Number(request.headers['upload-length']));
    const partBytes = Number(metadata.partBytes);
    const upload: DoubleUpload = {
      id: letters(),
      name: metadata.filename ?? '',
      fingerprint: metadata.fingerprint ?? '',
      metadata,
      bytes,
      file: null,
      parts: Array.from({ length: Math.ceil(bytes.byteLength / partBytes) }, (_, index) => ({
        id: letters(),
        start: index * partBytes,
        sizeBytes: Math.min(partBytes, bytes.byteLength - index * partBytes),
        receivedBytes: 0,
        isBusy: false,
      })),
    };
    double.uploads.set(upload.id, upload);
    json(response, 201, wire(upload));
  }

  async function patch(
    request: IncomingMessage,
    response: ServerResponse,
    upload: DoubleUpload,
    part: DoubleUpload['parts'][number],
  ): Promise<void> {
    if (part.isBusy) {
      return json(response, 423, { detail: 'Another request brings bytes of this part.' });
    }
    if (Number(request.headers['upload-offset']) !== part.receivedBytes) {
      return json(response, 409, { detail: 'The offset is another one.' });
    }
    part.isBusy = true;
    atOnce += 1;
    double.mostAtOnce = Math.max(double.mostAtOnce, atOnce);
    let left = double.misbehave.cutAfter?.(request, patches) ?? null;
    patches += 1;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        const taken = left === null ? chunk : chunk.subarray(0, left);
        const position = part.start + part.receivedBytes;
        taken.copy(upload.bytes, position);
        double.misbehave.onBytes?.(upload.bytes.subarray(position, position + taken.byteLength), position);
        part.receivedBytes += taken.byteLength;
        double.receivedBytes += taken.byteLength;
        if (left !== null) {
          left -= taken.byteLength;
        }
        if (left === 0) {
          return void request.socket.resetAndDestroy();
        }
      }
    } catch {
      return; // the client went away
    } finally {
      part.isBusy = false;
      atOnce -= 1;
    }
    response.writeHead(204, { 'upload-offset': String(part.receivedBytes), 'tus-resumable': '1.0.0' }).end();
  }

  async function finish(request: IncomingMessage, response: ServerResponse, upload: DoubleUpload) {
    const body = JSON.parse(await textOf(request)) as { sha512: string };
    const found = sha512(upload.bytes);
    if (upload.parts.some((part) => part.receivedBytes < part.sizeBytes)) {
      return json(response, 409, { detail: 'Parts are missing.', code: 'upload_incomplete' });
    }
    if (body.sha512 !== found) {
      return json(response, 409, { detail: 'The bytes are others.', code: 'digest_mismatch' });
    }
    upload.file = fileOf(upload.name, found, upload.bytes.byteLength);
    json(response, 201, upload.file);
  }

  function store(name: string, bytes: Buffer): object {
    double.stored.push({ name, bytes });
    return fileOf(name, sha512(bytes), bytes.byteLength);
  }

  async function bulk(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [first, ...rest] = formParts(await bytesOf(request), request.headers['content-type']);
    const manifest = JSON.parse(first!.bytes.toString()) as { name: string; sizeBytes: number }[];
    double.manifests.push(manifest);
    if (rest.length !== manifest.length) {
      return json(response, 400, { detail: 'Others were announced.' });
    }
    json(response, 201, { files: rest.map(({ bytes }, index) => store(manifest[index]!.name, bytes)) });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '' } = request;
    const url = new URL(request.url ?? '', 'http://double');
    const [, id = '', verb = ''] = /\/uploads\/([^/]+)\/(?:([^/]+)\/)?$/.exec(url.pathname) ?? [];
    double.asked.push(`${method} ${url.pathname.replace('/api/v2/', '').replace(id || '\0', ':id')}`);
    if (double.misbehave.onRequest?.(request, response)) {
      return;
    }
    if (url.pathname === '/api/v2/server/') {
      return json(response, 200, { name: 'Double', idempotencyKeys: true, features: double.features });
    }
    if (url.pathname === '/api/v2/files/by-digest/') {
      const { files } = JSON.parse(await textOf(request)) as {
        files: { name: string; sizeBytes: number; sha512?: string }[];
      };
      return json(response, 200, {
        results: files.map((file) => ({
          file:
            file.sha512 !== undefined && double.known.get(file.sha512) === file.sizeBytes
              ? fileOf(file.name, file.sha512, file.sizeBytes)
              : null,
          maybeKnown: [...double.known.values()].includes(file.sizeBytes),
        })),
      });
    }
    if (url.pathname === '/api/v2/files/bulk/') {
      return bulk(request, response);
    }
    if (url.pathname === '/api/v2/files/contents/') {
      const [part] = formParts(await bytesOf(request), request.headers['content-type']).slice(-1);
      return json(response, 201, store(part!.filename, part!.bytes));
    }
    if (url.pathname === '/api/v2/files/uploads/') {
      if (method === 'POST') {
        return create(request, response);
      }
      const fingerprint = url.searchParams.get('fingerprint');
      const found = [...double.uploads.values()].filter(
        (upload) => upload.file === null && upload.fingerprint === fingerprint,
      );
      return json(response, 200, { results: found.reverse().map(wire), next: null, count: found.length });
    }
    const upload = [...double.uploads.values()].find(
      (each) => each.id === id || each.parts.some((part) => part.id === id),
    );
    const part = upload?.parts.find((each) => each.id === id);
    if (upload === undefined) {
      return json(response, 404, { detail: 'Not found.' });
    }
    if (verb === 'finish') {
      return finish(request, response, upload);
    }
    if (verb === 'part-digests') {
      const partBytes = Number(url.searchParams.get('partBytes'));
      const start = Number(url.searchParams.get('start'));
      const end = Math.min(start + 2 * partBytes, upload.bytes.byteLength);
      const digests: string[] = [];
      for (let at = start; at < end; at += partBytes) {
        digests.push(sha512(upload.bytes.subarray(at, Math.min(at + partBytes, end))));
      }
      const nextStart = end < upload.bytes.byteLength ? end : null;
      return json(response, 200, {
        partBytes,
        start,
        sizeBytes: upload.bytes.byteLength,
        digests,
        nextStart,
      });
    }
    if (method === 'PATCH' && part) {
      return patch(request, response, upload, part);
    }
    if (method === 'HEAD' && part) {
      return void response.writeHead(200, { 'upload-offset': String(part.receivedBytes) }).end();
    }
    if (method === 'DELETE') {
      if (part) {
        part.receivedBytes = 0;
      } else {
        double.uploads.delete(id);
      }
      return void response.writeHead(204).end();
    }
    json(response, 200, wire(upload));
  }

  const server = createServer((request, response) => {
    // The client went away in the middle of a body.
    answer(request, response).catch(() => response.destroy());
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(double, {
    url,
    client: (options: Partial<QuarryOptions> = {}) =>
      new Quarry({ baseUrl: url, apiKey: 'abc123', ...options }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function textOf(request: IncomingMessage): Promise<string> {
  return (await bytesOf(request)).toString();
}

function formParts(body: Buffer, contentType = ''): { filename: string; bytes: Buffer }[] {
  const boundary = Buffer.from(`--${/boundary=(.+)$/.exec(contentType)?.[1]}`);
  const parts: { filename: string; bytes: Buffer }[] = [];
  for (let at = 0; ; ) {
    const start = at + boundary.byteLength + 2;
    const next = body.indexOf(boundary, start);
    if (next < 0) {
      return parts;
    }
    const head = body.indexOf('\r\n\r\n', start);
    const [, filename = ''] = /filename="([^"]*)"/.exec(body.toString('utf8', start, head)) ?? [];
    parts.push({ filename, bytes: body.subarray(head + 4, next - 2) });
    at = next;
  }
}
