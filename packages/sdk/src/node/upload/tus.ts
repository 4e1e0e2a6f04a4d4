/**
 * The requests of a resumable upload: tus 1.0.0 (https://tus.io/protocols/resumable-upload) and what divides an upload
 * into parts that are sent at the same time, see `transfers.ts` of the contract.
 */
import type { FileObject, PartDigests, Upload } from '@quarry/contract';
import { InvalidResponseError, QuarryError } from '../../errors.ts';
import { FINISH_BYTES_PER_SECOND } from '../../limits.ts';
import { fillPath, formatQuery } from '../../path.ts';
import { redirected, type Transport } from '../../transport.ts';
import { type Connections, endWhenSilent, errorOf, headerOf, openRequest, responseTo } from '../http.ts';
import { answerTo, RequestBody } from './send-bytes.ts';

const UPLOADS = '/api/v2/files/uploads/';
const VERSION = { 'tus-resumable': '1.0.0' };

export interface UploadAnnouncement {
  name: string;
  typeId: number | undefined;
  sizeBytes: number;
  partBytes: number;
  fingerprint: string;
  executable: boolean;
  dateModified: string;
}

export class TusUploads {
  readonly #transport: Transport;
  readonly #signal: AbortSignal;

  constructor(transport: Transport, signal: AbortSignal) {
    this.#transport = transport;
    this.#signal = signal;
  }

  /** Begins a divided upload. Repeated only when it was surely refused: an upload that nobody knows would stay. */
  async create(announced: UploadAnnouncement): Promise<Upload> {
    const headers = {
      ...VERSION,
      'upload-length': String(announced.sizeBytes),
      'upload-metadata': metadataOf(announced),
    };
    const spec = { method: 'POST', path: UPLOADS, headers, signal: this.#signal };
    return checkUpload(await this.#transport.json(spec), announced.sizeBytes);
  }

  /** Uploads that carry the fingerprint and are not complete, newest first. */
  async find(fingerprint: string): Promise<Upload[]> {
    const path = UPLOADS + formatQuery({ fingerprint, page_size: 20 });
    const page = await this.#transport.json({ method: 'GET', path, signal: this.#signal });
    const { results } = (page ?? {}) as { results?: unknown };
    return Array.isArray(results) ? (results as Upload[]) : [];
  }

  /** The upload as it stands. */
  async get(uploadId: string, sizeBytes: number): Promise<Upload> {
    const spec = { method: 'GET', path: pathOf(uploadId), signal: this.#signal };
    return checkUpload(await this.#transport.json(spec), sizeBytes);
  }

  /** How many bytes of an upload or part are safe on the platform's disk. */
  async offset(id: string): Promise<number> {
    const path = pathOf(id);
    const spec = { method: 'HEAD', path, headers: VERSION, signal: this.#signal };
    const text = await this.#transport.exchange({ ...spec }, async (response) =>
      response.headers.get('upload-offset'),
    );
    return readOffset(text, `HEAD ${path}`);
  }

  /**
   * Sends bytes of an upload or part from `offset` on, as `send` writes them; answers the offset that the platform
   * names when they are safe on its disk.
   */
  async patch(
    id: string,
    { offset, length, connections }: { offset: number; length: number; connections: Connections },
    send: (body: RequestBody) => Promise<void>,
  ): Promise<number> {
    const path = pathOf(id);
    const url = this.#transport.url(path);
    const headers = {
      ...this.#transport.headers(),
      ...VERSION,
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
      'content-length': String(length),
    };
    const request = openRequest(url, { method: 'PATCH', headers, connections, signal: this.#signal });
    endWhenSilent(request, this.#transport.timeoutMs, url);
    const answered = responseTo(request, url);
    let isDone = false;
    try {
      const body = new RequestBody(request);
      const response = await answerTo(
        send(body).then(() => body.end()),
        answered,
      );
      const { location } = response.headers;
      const status = response.statusCode ?? 0;
      if (status >= 300 && status < 400 && location !== undefined)
        throw redirected({ method: 'PATCH', path }, new URL(location, url).href);
      if (status !== 204 && status !== 200) throw await errorOf(response, 'PATCH', path);
      response.resume();
      isDone = true;
      return readOffset(headerOf(response, 'upload-offset'), `PATCH ${path}`);
    } finally {
      // A connection whose request went as it should serves the next one.
      if (!isDone) request.destroy();
    }
  }

  /** Forgets an upload with all its bytes; of a part, its bytes. */
  async delete(id: string): Promise<void> {
    const spec = { method: 'DELETE', path: pathOf(id), headers: VERSION, signal: this.#signal };
    await this.#transport.exchange(spec, async () => {});
  }

  /** Makes the file; the platform compares the digest with that of the bytes that it has. */
  async finish(uploadId: string, sha512: string, sizeBytes: number): Promise<FileObject> {
    // What arrived out of order is read and hashed by the platform first.
    const timeoutMs = this.#transport.timeoutMs + (sizeBytes / FINISH_BYTES_PER_SECOND) * 1000;
    const file = await this.#transport.json({
      method: 'POST',
      path: `${pathOf(uploadId)}finish/`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sha512 }),
      repeat: 'always',
      timeoutMs,
      signal: this.#signal,
    });
    return file as FileObject;
  }

  /** Digests of the equal stretches of an upload whose bytes are all there, from `start` on as far as one answer goes. */
  async partDigests(uploadId: string, partBytes: number, start: number): Promise<PartDigests> {
    const path = `${pathOf(uploadId)}part-digests/${formatQuery({ partBytes, start })}`;
    const digests = (await this.#transport.json({
      method: 'GET',
      path,
      timeoutMs: this.#transport.timeoutMs * 2,
      signal: this.#signal,
    })) as PartDigests | undefined;
    if (digests?.partBytes === partBytes && digests.start === start && Array.isArray(digests.digests))
      return digests;
    throw new InvalidResponseError(`GET ${path} was answered with digests of other parts.`);
  }
}

function pathOf(id: string): string {
  return fillPath('/api/v2/files/uploads/:id/', { id });
}

/** `Upload-Metadata` of the creation extension: names and base64 values, joined by commas. */
function metadataOf(announced: UploadAnnouncement): string {
  const { name, typeId, partBytes, fingerprint, executable, dateModified } = announced;
  const values: Record<string, string | number | undefined> = {
    filename: name,
    typeId,
    partBytes,
    fingerprint,
    executable: executable ? '1' : undefined,
    dateModified,
  };
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${Buffer.from(String(value)).toString('base64')}`)
    .join(',');
}

/** Parts must cover the file without a gap: everything that follows relies on it. */
function checkUpload(answer: unknown, sizeBytes: number): Upload {
  const upload = answer as Upload | undefined;
  if (upload?.file !== null && upload?.file !== undefined) return upload;
  if (typeof upload?.id === 'string' && upload.sizeBytes === sizeBytes && coversFile(upload)) return upload;
  throw new InvalidResponseError(
    'The platform answered with something that is not a divided upload of this file.',
    { hint: 'Upload with `resume: false`; if it happens again, tell who runs the platform.' },
  );
}

/** Whether the parts lie side by side from the first byte to the last. */
export function coversFile({ parts, sizeBytes }: Upload): boolean {
  if (!Array.isArray(parts)) return false;
  let end = 0;
  for (const part of parts) {
    if (part.start !== end || part.receivedBytes > part.sizeBytes) return false;
    end += part.sizeBytes;
  }
  return parts.length > 0 && end === sizeBytes;
}

function readOffset(text: string | null, request: string): number {
  const offset = text === null ? Number.NaN : Number(text);
  if (Number.isSafeInteger(offset) && offset >= 0) return offset;
  throw new InvalidResponseError(`${request} was answered without a usable Upload-Offset: ${text}.`);
}

/** Whether an error is the platform saying that the digest of what it has is another one. */
export function isDigestMismatch(error: unknown): boolean {
  return error instanceof QuarryError && 'code' in error && error.code === 'digest_mismatch';
}
