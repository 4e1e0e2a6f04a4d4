/** The requests of a divided upload: tus 1.0.0 (creation, termination), each part a resource, and what makes the file. */
import type { FileObject, finishUpload, listUploads, Upload } from '@quarry/contract';
import type { CallOptions } from '../../call-options.ts';
import { InvalidResponseError } from '../../errors.ts';
import { fillPath } from '../../path.ts';
import type { RequestSpec, Transport } from '../../transport.ts';

const UPLOADS = '/api/v2/files/uploads/';
const TUS = { 'tus-resumable': '1.0.0' };

export interface UploadFacts {
  name: string;
  typeId: number | undefined;
  sizeBytes: number;
  fingerprint: string;
  partBytes: number;
  /** `1` for what may be executed where it comes from. */
  executable?: '1';
  /** When its content changed last, ISO 8601. */
  dateModified?: string;
}

/** Begins an upload. Repeated after a lost answer unless told otherwise: the first one then expires. */
export async function createUpload(
  transport: Transport,
  { sizeBytes, name, typeId, ...facts }: UploadFacts,
  call: CallOptions & Pick<RequestSpec, 'repeat'>,
): Promise<Upload> {
  const metadata = Object.entries({ filename: name, typeId, ...facts })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${base64(String(value))}`)
    .join(',');
  const headers = { ...TUS, 'upload-length': String(sizeBytes), 'upload-metadata': metadata };
  const spec: RequestSpec = { method: 'POST', path: UPLOADS, headers, repeat: 'always', ...call };
  return (await transport.json(spec)) as Upload;
}

/** The uploads with this mark that are not complete, newest first. */
export async function findUploads(
  transport: Transport,
  fingerprint: string,
  call: CallOptions,
): Promise<Upload[]> {
  const query = { fingerprint };
  return (await transport.send<typeof listUploads>('GET', UPLOADS, { query, ...call })).results;
}

/** Bytes of a part that are safe on the platform's disk. */
export function receivedBytes(transport: Transport, partId: string, call: CallOptions): Promise<number> {
  const spec: RequestSpec = { method: 'HEAD', path: pathOf(partId), headers: TUS, ...call };
  return transport.exchange(spec, async (response) => offsetOf(response, spec));
}

/** Sends bytes of a part; answers its new offset. Not repeated: the platform tells first how much of it arrived. */
export function sendBytes(
  transport: Transport,
  partId: string,
  offset: number,
  bytes: Blob,
  call: CallOptions,
): Promise<number> {
  const headers = {
    ...TUS,
    'upload-offset': String(offset),
    'content-type': 'application/offset+octet-stream',
  };
  const path = pathOf(partId);
  const spec: RequestSpec = { method: 'PATCH', path, headers, body: bytes, repeat: 'never', ...call };
  return transport.exchange(spec, async (response) => offsetOf(response, spec));
}

/** Drops what arrived of a part. */
export async function restartPart(transport: Transport, partId: string, call: CallOptions): Promise<void> {
  const spec: RequestSpec = { method: 'DELETE', path: pathOf(partId), headers: TUS, ...call };
  await transport.exchange(spec, async () => {});
}

/** Makes the file; `ConflictError` with code `digest_mismatch` when the platform has other bytes. */
export async function finishDividedUpload(
  transport: Transport,
  uploadId: string,
  sha512: string,
  call: CallOptions,
): Promise<FileObject> {
  const path: (typeof finishUpload)['path'] = '/api/v2/files/uploads/:uploadId/finish/';
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ sha512 });
  const spec: RequestSpec = { method: 'POST', path: fillPath(path, { uploadId }), headers, body, ...call };
  // An upload that has become a file answers that file.
  return (await transport.json({ ...spec, repeat: 'always' })) as FileObject;
}

function pathOf(id: string): string {
  return fillPath('/api/v2/files/uploads/:id/', { id });
}

function offsetOf(response: Response, { method, path }: RequestSpec): number {
  const offset = Number(response.headers.get('upload-offset') ?? Number.NaN);
  if (Number.isSafeInteger(offset) && offset >= 0) {
    return offset;
  }
  throw new InvalidResponseError(`${method} ${path} was answered without saying how much of it is there.`, {
    hint: 'A proxy may drop the header Upload-Offset; it must let it through.',
  });
}

/** Of UTF-8, which `btoa` does not know. */
function base64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''));
}
