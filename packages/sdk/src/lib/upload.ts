import type { FileObject } from '@quarry/contract';
import { QuarryError } from '../errors.ts';
import { RESUMABLE_FROM_BYTES } from '../limits.ts';
import type { RequestSpec, Transport } from '../transport.ts';
import { multipartFrame } from './multipart.ts';
import type { OnProgress } from './progress.ts';
import { uploadLarge } from './transfers/upload-large.ts';
import type { UploadOptions } from './upload-options.ts';

export type UploadSource =
  | Blob
  | string
  | Uint8Array<ArrayBuffer>
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

const SLICE_BYTES = 1024 * 1024;
export const UPLOAD_PATH = '/api/v2/files/contents/';

/**
 * Sends one file. Large blobs go in parts where the platform takes those, unless the caller has a key for the request,
 * which only a single request can carry. That one is repeated after a lost connection only by its key, and never from a
 * stream, which is spent.
 */
export async function upload(
  transport: Transport,
  source: UploadSource,
  options: UploadOptions,
): Promise<FileObject> {
  const { name = nameOf(source), typeId, onProgress, signal, timeoutMs = Number.POSITIVE_INFINITY } = options;
  const blob = toBlob(source);
  if (blob !== null && blob.size >= RESUMABLE_FROM_BYTES && options.idempotencyKey === undefined) {
    const file = await uploadLarge(transport, blob, name, options);
    if (file !== null) {
      return file;
    }
  }
  const call: Omit<RequestSpec, 'body'> = {
    method: 'POST',
    path: UPLOAD_PATH,
    timeoutMs,
    ...transport.keyed(
      options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey },
    ),
  };
  if (signal) {
    call.signal = signal;
  }

  if (blob !== null && (onProgress === undefined || !canStreamBodies())) {
    const form = new FormData();
    if (typeId !== undefined) {
      form.append('typeId', String(typeId));
    }
    form.append('file', blob, name);
    const file = (await transport.json({ ...call, body: form })) as FileObject;
    onProgress?.({ transferredBytes: blob.size, totalBytes: blob.size });
    return file;
  }

  const frame = multipartFrame(name, typeId);
  const sizeBytes = blob?.size ?? options.sizeBytes ?? null;
  const headers: Record<string, string> = { 'content-type': frame.contentType };
  if (sizeBytes !== null) {
    headers['content-length'] = String(frame.head.byteLength + sizeBytes + frame.tail.byteLength);
  }
  const chunks = toChunks(blob ?? (source as ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>));
  const body = framed(frame.head, chunks, frame.tail, sizeBytes, onProgress);
  return (await transport.json({ ...call, headers, body, repeat: 'never' })) as FileObject;
}

function nameOf(source: UploadSource): string {
  if (source instanceof Blob && 'name' in source && typeof source.name === 'string') {
    return source.name;
  }
  throw new QuarryError('The upload has no name.', {
    hint: "Give one: files.upload(source, { name: 'mesh.inp' }).",
  });
}

function toBlob(source: UploadSource): Blob | null {
  if (source instanceof Blob) {
    return source;
  }
  return typeof source === 'string' || source instanceof Uint8Array ? new Blob([source]) : null;
}

/**
 * Browsers without streaming request bodies turn the stream into text and never read `duplex`; those with them send streams
 * by HTTP/2 alone, which a page cannot know of its platform.
 */
function canStreamBodies(): boolean {
  if ('document' in globalThis || 'WorkerGlobalScope' in globalThis) {
    return false;
  }
  let asked = false;
  const init = {
    method: 'POST',
    body: new ReadableStream(),
    get duplex() {
      asked = true;
      return 'half' as const;
    },
  };
  const typed = new Request('http://localhost/', init).headers.has('content-type');
  return asked && !typed;
}

function toChunks(
  source: Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncIterator<Uint8Array> {
  if (source instanceof Blob) {
    return slices(source);
  }
  if (!(source instanceof ReadableStream)) {
    return source[Symbol.asyncIterator]();
  }
  const reader = source.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

/** `blob.stream()` may give everything as one chunk, and progress would be told once. */
async function* slices(blob: Blob): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < blob.size; start += SLICE_BYTES) {
    yield new Uint8Array(await blob.slice(start, start + SLICE_BYTES).arrayBuffer());
  }
}

function framed(
  head: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
  tail: Uint8Array,
  sizeBytes: number | null,
  onProgress: OnProgress | undefined,
): ReadableStream<Uint8Array> {
  let transferredBytes = 0;
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(head),
      pull: async (controller) => {
        const { done, value } = await chunks.next();
        if (!done) {
          transferredBytes += value.byteLength;
          controller.enqueue(value);
          onProgress?.({ transferredBytes, totalBytes: sizeBytes });
          return;
        }
        if (sizeBytes !== null && transferredBytes !== sizeBytes) {
          throw new QuarryError(
            `The source gave ${transferredBytes} bytes where sizeBytes said ${sizeBytes}.`,
          );
        }
        controller.enqueue(tail);
        controller.close();
      },
      cancel: async () => {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
