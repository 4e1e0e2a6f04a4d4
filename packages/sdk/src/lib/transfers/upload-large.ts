import type { FileObject } from '@quarry/contract';
import { BROWSER_STREAMS } from '../../limits.ts';
import type { Transport } from '../../transport.ts';
import type { UploadOptions } from '../upload-options.ts';
import { adoptKnown } from './known-bytes.ts';
import { uploadInParts } from './upload-in-parts.ts';

/** Uploads a blob so that it can be resumed and is verified; null where the platform cannot do that. */
export async function uploadLarge(
  transport: Transport,
  blob: Blob,
  name: string,
  options: UploadOptions,
): Promise<FileObject | null> {
  const { typeId, onProgress, onEvent, signal, resume = true, skipKnown = true } = options;
  const call = signal ? { signal } : {};
  const features = await transport.features(call);
  if (!features.has('resumable-uploads')) {
    return null;
  }
  const announced = { name, typeId };
  const known =
    skipKnown && features.has('known-files')
      ? await adoptKnown(transport, blob, announced, call)
      : { file: null, sha512: null };
  if (known.file !== null) {
    onEvent?.({ type: 'skip', path: name, sizeBytes: blob.size, reason: 'known' });
    onProgress?.({ transferredBytes: blob.size, totalBytes: blob.size });
    return known.file;
  }
  const streams = Math.max(1, Math.floor(options.streams ?? BROWSER_STREAMS));
  const { sha512 } = known;
  return uploadInParts(transport, blob, {
    ...announced,
    streams,
    resume,
    sha512,
    onProgress,
    onEvent,
    signal,
  });
}
