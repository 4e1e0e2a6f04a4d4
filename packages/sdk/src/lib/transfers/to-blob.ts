import type { FileObject } from '@quarry/contract';
import { BLOB_IN_MEMORY_BYTES } from '../../limits.ts';
import type { Transport } from '../../transport.ts';
import { sha512Of } from '../checksum.ts';
import { memorySink, privateFilesSink } from './blob-sink.ts';
import { type SavedFile, type SaveOptions, saveTo } from './save.ts';

export interface SavedBlob extends SavedFile {
  blob: Blob;
  /** Frees what the browser's disk holds of it; the blob is not to be read afterwards. */
  discard(): Promise<void>;
}

/**
 * Collects a file as a blob: small ones in memory, larger ones in private files of the page's origin where the browser
 * has those, so that a download that was cut off, even by loading the page anew, goes on where it was.
 */
export async function toBlob(
  transport: Transport,
  file: FileObject,
  options: SaveOptions,
): Promise<SavedBlob> {
  const isLarge = file.decryptedSize > BLOB_IN_MEMORY_BYTES;
  const onDisk = isLarge ? await privateFilesSink(sha512Of(file) ?? file.id) : null;
  const sink = onDisk ?? memorySink();
  const saved = await saveTo(transport, file, sink, options);
  return { ...saved, blob: await sink.blob(), discard: () => sink.discard() };
}
