import type { CallOptions } from '../call-options.ts';
import { ConnectionError, InvalidResponseError } from '../errors.ts';
import { fillPath } from '../path.ts';
import { connectionError, type RequestSpec, type Transport } from '../transport.ts';
import type { OnProgress } from './progress.ts';

export interface DownloadOptions extends CallOptions {
  /** Part of the file; both ends are included, as in HTTP. */
  range?: { start: number; end?: number };
  onProgress?: OnProgress;
}

/**
 * The bytes of a file as a `Response`, whose body fails with a `ConnectionError` when it is cut short. `timeoutMs`
 * bounds the time to the first byte, `signal` the whole download.
 */
export async function download(
  transport: Transport,
  fileId: string,
  options: DownloadOptions,
): Promise<Response> {
  return downloadFrom(transport, fillPath('/api/v2/files/:fileId/contents/', { fileId }), options);
}

/** The same for any path that answers bytes. */
export async function downloadFrom(
  transport: Transport,
  path: string,
  options: DownloadOptions,
  headers: Record<string, string> = {},
): Promise<Response> {
  const { range, onProgress, ...call } = options;
  const spec: RequestSpec = { method: 'GET', path, headers: { accept: '*/*', ...headers }, ...call };
  if (range !== undefined) {
    spec.headers = { ...spec.headers, range: `bytes=${range.start}-${range.end ?? ''}` };
  }
  return transport.exchange(spec, async (response) => {
    const length = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
    const totalBytes = length === null ? null : Number(length);
    if (range !== undefined && response.status !== 206 && !coversWhole(range, totalBytes)) {
      await response.body?.cancel();
      throw new InvalidResponseError(`${path} was answered whole although a part was asked for.`, {
        hint: 'This platform does not serve ranges: download the whole file.',
      });
    }
    const explain = (error: unknown) =>
      call.signal?.aborted ? call.signal.reason : connectionError(error, 'GET', transport.url(path));
    const body = response.body && watched(response.body, totalBytes, onProgress, explain);
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  });
}

function coversWhole(range: { start: number; end?: number }, totalBytes: number | null): boolean {
  if (range.start !== 0) {
    return false;
  }
  return range.end === undefined || (totalBytes !== null && range.end >= totalBytes - 1);
}

function watched(
  body: ReadableStream<Uint8Array>,
  totalBytes: number | null,
  onProgress: OnProgress | undefined,
  explain: (error: unknown) => unknown,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let transferredBytes = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read().catch((error: unknown) => {
          throw explain(error);
        });
        if (!done) {
          transferredBytes += value.byteLength;
          controller.enqueue(value);
          onProgress?.({ transferredBytes, totalBytes });
        } else if (totalBytes !== null && transferredBytes < totalBytes) {
          throw new ConnectionError(`The download ended after ${transferredBytes} of ${totalBytes} bytes.`, {
            hint: 'Try again.',
          });
        } else {
          controller.close();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
