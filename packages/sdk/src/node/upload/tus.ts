/**
 * What this room asks of a divided upload beyond `lib/transfers/upload-requests.ts`: bodies that stream from disk over
 * node:http, and answers that are looked at before anything relies on them.
 */
import type { FileObject, PartDigests, Upload } from '@quarry/contract';
import { InvalidResponseError, QuarryError } from '../../errors.ts';
import {
  createUpload,
  findUploads,
  finishDividedUpload,
  receivedBytes,
  restartPart,
  type UploadFacts,
} from '../../lib/transfers/upload-requests.ts';
import { FINISH_BYTES_PER_SECOND } from '../../limits.ts';
import { fillPath, formatQuery } from '../../path.ts';
import { redirected, type Transport } from '../../transport.ts';
import { type Connections, endWhenSilent, errorOf, headerOf, openRequest, responseTo } from '../http.ts';
import { answerTo, RequestBody } from './send-bytes.ts';

const TUS = { 'tus-resumable': '1.0.0' };

export class TusUploads {
  readonly #transport: Transport;
  readonly #signal: AbortSignal;

  constructor(transport: Transport, signal: AbortSignal) {
    this.#transport = transport;
    this.#signal = signal;
  }

  /** Begins a divided upload. Repeated only when it was surely refused: one that nobody knows would take up room. */
  async create(facts: UploadFacts): Promise<Upload> {
    const upload = await createUpload(this.#transport, facts, { signal: this.#signal, repeat: 'refused' });
    if (coversFile(upload, facts.sizeBytes)) {
      return upload;
    }
    throw new InvalidResponseError(
      'The platform answered with something that is not a divided upload of this file.',
      { hint: 'Tell who runs the platform; a file that is smaller goes in one request.' },
    );
  }

  /** Uploads with the fingerprint that can be gone on with, newest first. */
  async find(fingerprint: string, sizeBytes: number): Promise<Upload[]> {
    const found = await findUploads(this.#transport, fingerprint, { signal: this.#signal });
    return found.filter((upload) => upload.file === null && coversFile(upload, sizeBytes));
  }

  /** How many bytes of a part are safe on the platform's disk. */
  offset(partId: string): Promise<number> {
    return receivedBytes(this.#transport, partId, { signal: this.#signal });
  }

  /**
   * Sends bytes of a part from `offset` on, as `send` writes them; answers the offset that the platform names when
   * they are safe on its disk.
   */
  async patch(
    partId: string,
    { offset, length, connections }: { offset: number; length: number; connections: Connections },
    send: (body: RequestBody) => Promise<void>,
  ): Promise<number> {
    const path = pathOf(partId);
    const url = this.#transport.url(path);
    const headers = {
      ...this.#transport.headers(),
      ...TUS,
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
      const sent = send(body).then(() => body.end());
      const response = await answerTo(sent, answered);
      const { location } = response.headers;
      const status = response.statusCode ?? 0;
      if (status >= 300 && status < 400 && location !== undefined) {
        throw redirected({ method: 'PATCH', path }, new URL(location, url).href);
      }
      if (status !== 204 && status !== 200) {
        throw await errorOf(response, 'PATCH', path);
      }
      response.resume();
      isDone = true;
      return readOffset(headerOf(response, 'upload-offset'), path);
    } finally {
      // A connection whose request went as it should serves the next one.
      if (!isDone) {
        request.destroy();
      }
    }
  }

  /** Forgets an upload with all its bytes; of a part, its bytes. */
  async delete(id: string): Promise<void> {
    await restartPart(this.#transport, id, { signal: this.#signal });
  }

  /** Makes the file; the platform compares the digest with that of the bytes that it has. */
  async finish(uploadId: string, sha512: string, sizeBytes: number): Promise<FileObject> {
    // What arrived out of order is read and hashed by the platform first.
    const timeoutMs = this.#transport.timeoutMs + (sizeBytes / FINISH_BYTES_PER_SECOND) * 1000;
    return await finishDividedUpload(this.#transport, uploadId, sha512, { timeoutMs, signal: this.#signal });
  }

  /** Digests of the equal stretches of an upload whose bytes are all there, from `start` on as far as one answer goes. */
  async partDigests(uploadId: string, partBytes: number, start: number): Promise<PartDigests> {
    const path = `${pathOf(uploadId)}part-digests/${formatQuery({ partBytes, start })}`;
    const digests = (await this.#transport.json({ method: 'GET', path, signal: this.#signal })) as
      | PartDigests
      | undefined;
    if (digests?.partBytes === partBytes && digests.start === start && Array.isArray(digests.digests)) {
      return digests;
    }
    throw new InvalidResponseError(`GET ${path} was answered with digests of other parts.`);
  }
}

/** Whether the parts lie side by side from the first byte to the last: everything that follows relies on it. */
function coversFile(upload: Upload | undefined, sizeBytes: number): boolean {
  if (typeof upload?.id !== 'string' || upload.sizeBytes !== sizeBytes || !Array.isArray(upload.parts)) {
    return false;
  }
  let end = 0;
  for (const part of upload.parts) {
    if (part.start !== end || part.receivedBytes > part.sizeBytes) {
      return false;
    }
    end += part.sizeBytes;
  }
  return upload.parts.length > 0 && end === sizeBytes;
}

function pathOf(id: string): string {
  return fillPath('/api/v2/files/uploads/:id/', { id });
}

function readOffset(text: string | null, path: string): number {
  const offset = text === null ? Number.NaN : Number(text);
  if (Number.isSafeInteger(offset) && offset >= 0) {
    return offset;
  }
  throw new InvalidResponseError(`PATCH ${path} was answered without a usable Upload-Offset: ${text}.`);
}

/** Whether an error is the platform saying that the digest of what it has is another one. */
export function isDigestMismatch(error: unknown): boolean {
  return error instanceof QuarryError && 'code' in error && error.code === 'digest_mismatch';
}
