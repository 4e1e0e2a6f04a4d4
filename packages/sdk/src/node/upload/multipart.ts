/** A file in one request, as every platform with this API takes it. */
import type { IncomingMessage } from 'node:http';
import type { FileObject } from '@quarry/contract';
import { InvalidResponseError } from '../../errors.ts';
import { IDEMPOTENCY_HEADER, type KeyedCallOptions } from '../../idempotency.ts';
import { multipartFrame } from '../../lib/multipart.ts';
import { UPLOAD_PATH } from '../../lib/upload.ts';
import { HELD_FOR_HASH_BYTES } from '../../limits.ts';
import { fillPath } from '../../path.ts';
import { redirected } from '../../transport.ts';
import {
  endWhenSilent,
  errorOf,
  explain,
  headerOf,
  openConnections,
  openRequest,
  responseTo,
  textOf,
} from '../http.ts';
import { FileHash } from './file-hash.ts';
import { PIECE_BYTES, PiecePool } from './piece-pool.ts';
import { answerTo, PIECES_PER_STREAM, RequestBody, sendStretch } from './send-bytes.ts';
import type { Sending } from './sending.ts';
import { unlessAborted } from './unless-aborted.ts';

const ANSWER_BYTES = 1024 * 1024;

/**
 * Sends the file in constant memory with an exact Content-Length. Repeated after a lost connection only where the
 * platform minds the key that it sends, since the file may have arrived. Answers the file and our SHA-512.
 */
export async function sendWhole(sending: Sending): Promise<{ file: FileObject; sha512: string }> {
  const { transport, options, report } = sending;
  const { signal, idempotencyKey } = options;
  const keyed = transport.keyed({
    ...(signal && { signal }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  });
  report.start(0);
  let isFirst = true;
  return await transport.retrying({ method: 'POST', repeat: 'refused', ...keyed }, () => {
    if (!isFirst) {
      report.progress(0);
    }
    isFirst = false;
    return sendOnce(sending, keyed);
  });
}

async function sendOnce(
  { transport, source, name, sha512, options, report }: Sending,
  { idempotencyKey }: KeyedCallOptions,
): Promise<{ file: FileObject; sha512: string }> {
  const { sizeBytes } = source;
  const frame = multipartFrame(name, options.typeId);
  const cut = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, cut.signal]) : cut.signal;
  using connections = openConnections();
  await using hash = sha512 === null ? new FileHash(source) : null;
  const headers: Record<string, string> = {
    ...transport.headers(),
    'content-type': frame.contentType,
    'content-length': String(frame.head.byteLength + sizeBytes + frame.tail.byteLength),
  };
  if (idempotencyKey !== undefined) {
    headers[IDEMPOTENCY_HEADER] = idempotencyKey;
  }
  const url = transport.url(UPLOAD_PATH);
  const request = openRequest(url, { method: 'POST', headers, connections, signal });
  endWhenSilent(request, transport.timeoutMs, url);
  const answered = responseTo(request, url);
  const body = new RequestBody(request);
  const slots = PIECES_PER_STREAM + Math.ceil(HELD_FOR_HASH_BYTES / PIECE_BYTES);
  using pool = new PiecePool(slots, signal);
  let sentBytes = 0;
  const onSent = (count: number) => {
    sentBytes += count;
    report.progress(sentBytes);
  };
  const send = async () => {
    body.write(frame.head).catch(() => {});
    await sendStretch(body, {
      source,
      start: 0,
      end: sizeBytes,
      pool,
      hash,
      hashedTo: 0,
      onHashed: () => {},
      onSent,
    });
    await body.write(frame.tail);
    body.end();
  };
  try {
    const sent = send();
    const response = await answerTo(sent, answered);
    const { location } = response.headers;
    if (Math.floor((response.statusCode ?? 0) / 100) === 3 && location !== undefined) {
      throw redirected({ method: 'POST', path: UPLOAD_PATH }, new URL(location, url).href);
    }
    if (response.statusCode !== 200 && response.statusCode !== 201) {
      throw await errorOf(response, 'POST', UPLOAD_PATH);
    }
    await sent;
    const file = await fileFrom(response);
    transport.warn({ get: (header) => headerOf(response, header) }, file, {
      method: 'POST',
      path: UPLOAD_PATH,
    });
    const digest = sha512 ?? (await unlessAborted(hash!.digest(), signal));
    await source.refuseChanged().catch(async (error: unknown) => {
      // A mixture of two contents is of no use to anybody.
      const path = fillPath('/api/v2/files/:fileId/', { fileId: file.id });
      await transport.exchange({ method: 'DELETE', path, signal }, async () => {}).catch(() => {});
      throw error;
    });
    return { file, sha512: digest };
  } catch (error) {
    throw options.signal?.aborted ? options.signal.reason : explain(error, 'POST', url);
  } finally {
    cut.abort();
    request.destroy();
  }
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
