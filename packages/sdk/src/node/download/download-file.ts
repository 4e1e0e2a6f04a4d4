import type { Quarry } from '../../client.ts';
import type { DownloadedFile, DownloadOptions } from './options.ts';
import { fileSource } from './source.ts';
import { transferAll } from './transfer-all.ts';
import type { Outcome } from './transfer-context.ts';

/**
 * Downloads a file to `target`: ranges over several connections, written in place into a hidden file beside it, hashed
 * as they arrive, synced to disk, renamed when the SHA-512 agrees. Whatever goes wrong, `target` is whole or as it was;
 * what has arrived is kept, and the next call goes on from there. `IntegrityError` when bytes are not those that the
 * platform stated, `LocalFileError` when this machine's disk is in the way or another transfer has the target.
 */
export async function downloadFile(
  platform: Quarry,
  fileId: string,
  target: string,
  options: DownloadOptions = {},
): Promise<DownloadedFile> {
  const { signal } = options;
  const file = await platform.files.get(fileId, signal ? { signal } : {});
  const results = await transferAll([{ source: fileSource(platform, file), target }], options);
  return { file, ...onlyOne(results) };
}

/** How the only file ended. */
export function onlyOne([result]: PromiseSettledResult<Outcome>[]): Outcome {
  if (result!.status === 'rejected') {
    throw result!.reason;
  }
  return result!.value;
}
