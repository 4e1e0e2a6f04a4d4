import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { basename } from 'node:path';
import type { FileObject } from '@quarry/contract';
import type { Quarry } from '../client.ts';
import { IntegrityError, InvalidResponseError, QuarryError } from '../errors.ts';
import { IDEMPOTENCY_HEADER } from '../idempotency.ts';
import { multipartFrame } from '../lib/multipart.ts';
import type { OnProgress } from '../lib/progress.ts';
import { UPLOAD_PATH } from '../lib/upload.ts';
import { redirected } from '../transport.ts';
import { sha512Of } from './checksum.ts';
import { openHash, type SequentialHash } from './hash-thread.ts';
import {
  endWhenSilent,
  errorOf,
  explain,
  headerOf,
  openConnections,
  openRequest,
  responseTo,
  textOf,
} from './http.ts';

export interface UploadPathOptions {
  /** The last part of the path when absent. */
  name?: string;
  /** See `FILE_TYPE` of the contract; 1, an input file, when absent. */
  typeId?: number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
  /** See `KeyedCallOptions`; made up for each upload when absent. */
  idempotencyKey?: string;
}

const PIECE_BYTES = 1024 * 1024;
/** Pieces in flight: one being read, one hashed, some in the socket. */
const PIECES = 6;
const ANSWER_BYTES = 1024 * 1024;

/**
 * Uploads a file from disk in constant memory with an exact Content-Length, and compares the platform's SHA-512 with
 * ours: `IntegrityError` when they differ. Repeated after a lost connection only where the platform minds the key that
 * it sends, since the file may have arrived.
 */
export async function uploadPath(
  platform: Quarry,
  path: string,
  options: UploadPathOptions = {},
): Promise<FileObject> {
  options.signal?.throwIfAborted();
  const source = await openSource(path);
  try {
    const { size } = await regularFile(source, path);
    const keyed = platform.transport.keyed(options);
    const spec = { method: 'POST', repeat: 'refused' as const, ...keyed };
    return await platform.transport.retrying(spec, () => sendOnce(platform, source, path, size, keyed));
  } finally {
    await source.close();
  }
}

async function sendOnce(
  platform: Quarry,
  source: FileHandle,
  path: string,
  sizeBytes: number,
  options: UploadPathOptions,
): Promise<FileObject> {
  const { transport } = platform;
  const frame = multipartFrame(options.name ?? basename(path), options.typeId);
  const cut = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, cut.signal]) : cut.signal;
  using connections = openConnections();
  using hash = openHash(sizeBytes);
  const headers: Record<string, string> = {
    ...transport.headers(),
    'content-type': frame.contentType,
    'content-length': String(frame.head.byteLength + sizeBytes + frame.tail.byteLength),
  };
  if (options.idempotencyKey !== undefined) headers[IDEMPOTENCY_HEADER] = options.idempotencyKey;
  const url = transport.url(UPLOAD_PATH);
  const request = openRequest(url, { method: 'POST', headers, connections, signal });
  endWhenSilent(request, transport.timeoutMs, url);
  const answered = responseTo(request, url);
  answered.catch(() => {});
  try {
    request.write(frame.head);
    const sent = sendPieces(request, source, sizeBytes, hash, path, options.onProgress).then(async () => {
      await written(request, frame.tail);
      request.end();
    });
    // A refusal may come before the last byte is sent, and the socket may then break under the rest.
    await Promise.race([sent, answered]).catch((error: unknown) => {
      if (error instanceof QuarryError) throw error;
      return answered;
    });
    const response = await answered;
    const { location } = response.headers;
    if (Math.floor((response.statusCode ?? 0) / 100) === 3 && location !== undefined)
      throw redirected({ method: 'POST', path: UPLOAD_PATH }, new URL(location, url).href);
    if (response.statusCode !== 200 && response.statusCode !== 201)
      throw await errorOf(response, 'POST', UPLOAD_PATH);
    await sent;
    const file = await fileFrom(response);
    transport.warn({ get: (name) => headerOf(response, name) }, file, { method: 'POST', path: UPLOAD_PATH });
    verify(file, await hash.digest(), path);
    return file;
  } catch (error) {
    throw options.signal?.aborted ? options.signal.reason : explain(error, 'POST', url);
  } finally {
    cut.abort();
    request.destroy();
  }
}

async function openSource(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new QuarryError(missing ? `There is no file ${path}.` : `${path} cannot be read.`, {
      cause,
      hint: missing ? 'Check the path; it is relative to the current directory.' : 'Check its permissions.',
    });
  }
}

async function regularFile(source: FileHandle, path: string): Promise<{ size: number }> {
  const facts = await source.stat();
  if (facts.isFile()) return facts;
  throw new QuarryError(`${path} is not a regular file.`, {
    hint: facts.isDirectory()
      ? 'Upload the files in it one by one, or pack it first.'
      : 'Copy it to a file first.',
  });
}

/** Reads, hashes and writes piece by piece; a piece of memory is used again when socket and hash are done with it. */
async function sendPieces(
  request: ClientRequest,
  source: FileHandle,
  sizeBytes: number,
  hash: SequentialHash,
  path: string,
  onProgress: OnProgress | undefined,
): Promise<void> {
  const pieceBytes = Math.max(1, Math.min(PIECE_BYTES, sizeBytes));
  const free = Array.from({ length: PIECES }, () => Promise.resolve(new SharedArrayBuffer(pieceBytes)));
  for (let sent = 0; sent < sizeBytes; ) {
    const memory = await free.shift()!;
    const wanted = Math.min(pieceBytes, sizeBytes - sent);
    const { bytesRead } = await source.read(new Uint8Array(memory), 0, wanted, sent);
    if (bytesRead === 0) {
      throw new QuarryError(
        `${path} became shorter while it was uploaded: ${sent} of ${sizeBytes} bytes are left.`,
        {
          hint: 'Upload it again once nothing writes to it.',
        },
      );
    }
    sent += bytesRead;
    const done = sent;
    const hashed = hash.update(memory, 0, bytesRead);
    const flushed = written(request, new Uint8Array(memory, 0, bytesRead)).then(() => {
      onProgress?.({ transferredBytes: done, totalBytes: sizeBytes });
    });
    const both = Promise.all([hashed, flushed]).then(() => memory);
    both.catch(() => {});
    free.push(both);
  }
  await Promise.all(free);
}

/** Resolves when the socket has taken the bytes; their memory may be used again then. */
function written(request: ClientRequest, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    request.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

async function fileFrom(response: IncomingMessage): Promise<FileObject> {
  try {
    return JSON.parse(await textOf(response, ANSWER_BYTES)) as FileObject;
  } catch (cause) {
    throw new InvalidResponseError(`POST ${UPLOAD_PATH} was answered with something that is not JSON.`, {
      cause,
    });
  }
}

function verify(file: FileObject, sha512: string, path: string): void {
  const theirs = sha512Of(file);
  if (theirs === null || theirs === sha512) return;
  throw new IntegrityError(`${path} arrived as file ${file.id} with another SHA-512 than it has here.`, {
    hint: `Delete file ${file.id} and upload again; if it happens again, check memory and network of both machines.`,
  });
}
