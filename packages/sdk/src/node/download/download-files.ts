import type { FileObject } from '@quarry/contract';
import type { Quarry } from '../../client.ts';
import { type FailedFile, FilesFailedError } from '../../errors.ts';
import type { DownloadedFile, DownloadOptions } from './options.ts';
import { fileSource } from './source.ts';
import { transferAll } from './transfer-all.ts';

/**
 * Downloads many files under one budget of streams: small ones take one request each, large ones the streams that are
 * left. A file that fails leaves the others alone, and a `FilesFailedError` names each that did; nothing more is begun
 * after a failure that would meet all files: the disk is full, the platform is away or does not take the key.
 */
export async function downloadFiles(
  platform: Quarry,
  items: readonly { file: FileObject; target: string }[],
  options: DownloadOptions = {},
): Promise<DownloadedFile[]> {
  const sources = items.map(({ file, target }) => ({ source: fileSource(platform, file), target }));
  const results = await transferAll(sources, options);
  const files: DownloadedFile[] = [];
  const failed: FailedFile[] = [];
  for (const [index, result] of results.entries()) {
    const { file, target } = items[index]!;
    if (result.status === 'fulfilled') {
      files.push({ file, ...result.value });
    } else {
      failed.push({ path: target, error: result.reason });
    }
  }
  if (failed.length > 0) {
    throw new FilesFailedError(failed, files.length);
  }
  return files;
}
