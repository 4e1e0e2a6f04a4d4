import { type FileObject, fileObject, type Upload, uploadObject } from '@quarry/contract';
import { expect } from 'vitest';
import type { FilesHarness } from './files-harness.ts';

export const TUS = { 'tus-resumable': '1.0.0' };
const BYTES = 'application/offset+octet-stream';
type Body = RequestInit['body'];

/** `Upload-Metadata` of texts. */
export function metadata(values: Record<string, string | number>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${Buffer.from(String(value)).toString('base64')}`)
    .join(',');
}

export interface Creation {
  key?: string;
  headers?: Record<string, string>;
  body?: Body;
}

/** Begins an upload; the answer as it came. */
export function begin(
  api: FilesHarness,
  sizeBytes: number,
  values: Record<string, string | number>,
  { key, headers, body }: Creation = {},
): Promise<Response> {
  return api.call('POST', 'files/uploads/', {
    key,
    body,
    headers: {
      ...TUS,
      'upload-length': String(sizeBytes),
      'upload-metadata': metadata(values),
      ...headers,
    },
  });
}

/** Begins an upload, and expects it to succeed. */
export async function begun(
  api: FilesHarness,
  sizeBytes: number,
  values: Record<string, string | number> = {},
  creation: Creation = {},
): Promise<Upload> {
  const response = await begin(api, sizeBytes, { filename: 'input.dat', ...values }, creation);
  expect(response.status).toBe(201);
  return uploadObject.parse(await response.json());
}

export function send(
  api: FilesHarness,
  id: string,
  offset: number,
  body: Uint8Array | ReadableStream,
  options: { key?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  return api.call('PATCH', `files/uploads/${id}/`, {
    key: options.key,
    headers: { ...TUS, 'upload-offset': String(offset), 'content-type': BYTES, ...options.headers },
    body: body as Body,
  });
}

/** How far an upload or a part has come, as HEAD tells. */
export async function offsetOf(api: FilesHarness, id: string): Promise<number> {
  const response = await api.call('HEAD', `files/uploads/${id}/`, { headers: TUS });
  expect(response.status).toBe(200);
  return Number(response.headers.get('upload-offset'));
}

export async function look(api: FilesHarness, id: string): Promise<Upload> {
  const response = await api.call('GET', `files/uploads/${id}/`);
  expect(response.status).toBe(200);
  return uploadObject.parse(await response.json());
}

export function finish(api: FilesHarness, id: string, sha512?: string): Promise<Response> {
  return api.call('POST', `files/uploads/${id}/finish/`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sha512 }),
  });
}

export async function finished(api: FilesHarness, id: string, sha512?: string): Promise<FileObject> {
  const response = await finish(api, id, sha512);
  expect(response.status).toBe(201);
  return fileObject.parse(await response.json());
}

/** The bytes of a file. */
export async function download(api: FilesHarness, fileId: string): Promise<Buffer> {
  const response = await api.call('GET', `files/${fileId}/contents/`);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** Expects a refusal in the shape of this API. */
export async function expectRefusal(response: Response, status: number, code: string): Promise<void> {
  const text = await response.text();
  expect([response.status, text]).toEqual([status, expect.stringContaining(`"code":"${code}"`)]);
  expect(JSON.parse(text)).toMatchObject({ detail: expect.any(String), hint: expect.any(String) });
}

/** A body that gives some bytes, and the rest or its end when told to. */
export function slowBody(first: Uint8Array) {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
      controller.enqueue(first);
    },
  });
  return {
    stream,
    enqueue: (bytes: Uint8Array) => controller.enqueue(bytes),
    close: () => controller.close(),
    break: () => controller.error(new Error('the client breaks off')),
  };
}
