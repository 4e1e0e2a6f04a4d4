/**
 * A verified download over `fetch` into a sink. The file is cut into segments; streams fetch them side by side, each
 * going on from the last byte after a failure, and hand them to the sink and, in order, to the hash. Segments are given
 * out only a few ahead of the hash, which bounds memory whatever the size of the file.
 */
import type { FileObject } from '@quarry/contract';
import type { CallOptions } from '../../call-options.ts';
import { IntegrityError, InvalidResponseError } from '../../errors.ts';
import { BROWSER_STREAMS, MAX_REPAIRS, SEGMENT_BYTES } from '../../limits.ts';
import { fillPath } from '../../path.ts';
import type { Transport } from '../../transport.ts';
import { sha512Of } from '../checksum.ts';
import type { OnProgress } from '../progress.ts';
import type { OnTransferEvent } from '../transfer-events.ts';
import { type ByteRange, differingRanges } from './part-digests.ts';
import { FetchedSegments } from './segments.ts';
import type { DownloadSink } from './sink.ts';

export interface SaveOptions {
  /** Requests at once; 4 when absent. */
  streams?: number;
  onProgress?: OnProgress;
  onEvent?: OnTransferEvent;
  signal?: AbortSignal;
}

export interface SavedFile {
  file: FileObject;
  sizeBytes: number;
  sha512: string;
  /** False only where the platform states no SHA-512. */
  verified: boolean;
}

/** Fetches a file whose metadata is at hand into the sink, and closes it when the SHA-512 is the stated one. */
export async function saveTo(
  transport: Transport,
  file: FileObject,
  sink: DownloadSink,
  options: SaveOptions,
): Promise<SavedFile> {
  const { signal, onProgress, onEvent } = options;
  const sizeBytes = sizeOf(file);
  const path = file.name;
  const segments = new FetchedSegments(transport, file.id, sink, {
    sizeBytes,
    streams: Math.max(1, Math.floor(options.streams ?? BROWSER_STREAMS)),
    signal,
    onBytes: (transferredBytes) => {
      onProgress?.({ transferredBytes, totalBytes: sizeBytes });
      onEvent?.({ type: 'progress', path, transferredBytes, sizeBytes });
    },
    onRetry: ({ message }, waitMs) => onEvent?.({ type: 'retry', path, message, waitMs }),
  });
  try {
    const kept = sink.read === undefined ? [] : ((await sink.kept?.(sizeBytes)) ?? []);
    segments.keep(kept);
    onEvent?.({ type: 'start', path, sizeBytes, resumedBytes: segments.hereBytes });
    const stated = sha512Of(file);
    let sha512 = await segments.fetchMissing();
    for (let repairs = 0; stated !== null && sha512 !== stated; repairs++) {
      const ranges = repairs < MAX_REPAIRS ? await damagedRanges(transport, file, sink, options) : [];
      if (ranges.length === 0) {
        throw mismatch(file, stated, sha512);
      }
      onEvent?.({ type: 'repair', path, ranges });
      segments.drop(ranges);
      sha512 = await segments.fetchMissing();
    }
    await sink.close?.();
    onEvent?.({ type: 'done', path, sizeBytes, sha512 });
    return { file, sizeBytes, sha512, verified: stated !== null };
  } catch (error) {
    await segments.settled();
    await sink.abort?.(segments.contiguousBytes);
    signal?.throwIfAborted();
    throw error;
  }
}

/** What must be fetched again; everything where nobody can tell. */
async function damagedRanges(
  transport: Transport,
  file: FileObject,
  sink: DownloadSink,
  { signal }: SaveOptions,
): Promise<ByteRange[]> {
  const call: CallOptions = signal ? { signal } : {};
  const { read } = sink;
  if (read === undefined || !(await transport.features(call)).has('part-digests')) {
    return [{ start: 0, end: sizeOf(file) }];
  }
  const path = fillPath('/api/v2/files/:fileId/', { fileId: file.id });
  return differingRanges(transport, path, SEGMENT_BYTES, (start, end) => read(start, end), call);
}

function sizeOf(file: FileObject): number {
  const { decryptedSize } = file;
  if (Number.isSafeInteger(decryptedSize) && decryptedSize >= 0) {
    return decryptedSize;
  }
  throw new InvalidResponseError(`The platform states no size for the file ${file.id}.`, {
    hint: 'Use files.download(), which takes what comes.',
  });
}

function mismatch(file: FileObject, stated: string, found: string): IntegrityError {
  return new IntegrityError(
    `${file.name} arrived with SHA-512 ${found.slice(0, 16)}… where the platform states ${stated.slice(0, 16)}….`,
    { hint: 'Download it again; if it happens again, the stored file is damaged.' },
  );
}
