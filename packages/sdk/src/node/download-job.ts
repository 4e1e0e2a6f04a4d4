import { resolve } from 'node:path';
import type { FileObject } from '@quarry/contract';
import type { Quarry } from '../client.ts';
import { ApiError } from '../errors.ts';
import type { OnProgress } from '../lib/progress.ts';
import type { OnTransferEvent } from '../lib/transfer-events.ts';
import { downloadKnownFile } from './download/download-file.ts';
import type { DownloadedFile, DownloadOptions } from './download/options.ts';
import { OutputPlaces } from './output-places.ts';
import { readAhead } from './read-ahead.ts';
import { sameDigest } from './same-file.ts';
import { type Selection, selector } from './select-outputs.ts';
import { Enclosure } from './stay-inside.ts';

export interface DownloadJobOptions extends DownloadOptions, Selection {
  /** Only files whose name or path contains this; asked of the platform. */
  search?: string;
  /** What to do with files that are there: `same` leaves those of the right size and SHA-512 and replaces others. */
  existing?: 'refuse' | 'replace' | 'same';
  /** Called with the sum over all files. */
  onProgress?: OnProgress;
  onEvent?: OnTransferEvent;
  /** Called as each file is in place. */
  onFile?: (file: DownloadedFile) => void;
  /** Called while the outputs are listed, with how many are wanted so far; `isAll` once, at the end. */
  onListed?: (listed: Listed) => void;
}

export interface Listed {
  files: number;
  bytes: number;
  isAll: boolean;
}

/** An output and where it goes. */
interface Item {
  file: FileObject;
  target: string;
}

/** Small files are mostly latency: this many are fetched at once. */
const FILES_AT_ONCE = 4;
const PAGE_FILES = 1000;

/**
 * Downloads the outputs of a job below `directory`, each under its path relative to the work directory; which ones,
 * see `selector`. The first ones arrive while the others are still being listed. Names that would lead elsewhere are
 * made safe, and no link below `directory` is followed out of it (`LocalFileError`); files of the same name from
 * several runs go to `run1/`, `run2/` and so on. Fails as a whole with the first error; files in place stay.
 */
export function downloadJob(
  platform: Quarry,
  jobId: string,
  directory: string,
  options: DownloadJobOptions = {},
): Promise<DownloadedFile[]> {
  return downloadOutputs(platform, jobId, directory, options, () => true);
}

/** The same for those outputs that `isNew` says; others keep their places. */
export async function downloadOutputs(
  platform: Quarry,
  jobId: string,
  directory: string,
  options: DownloadJobOptions,
  isNew: (file: FileObject) => boolean,
): Promise<DownloadedFile[]> {
  const cut = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, cut.signal]) : cut.signal;
  const listed: Listed = { files: 0, bytes: 0, isAll: false };
  const items = listItems(
    platform,
    jobId,
    directory,
    { ...options, signal },
    (bytes) => {
      if (bytes === null) listed.isAll = true;
      else {
        listed.files += 1;
        listed.bytes += bytes;
      }
      options.onListed?.({ ...listed });
    },
    isNew,
  );
  return fetchItems(platform, items, { ...options, signal }, cut, listed);
}

/** Lists page by page, and says where each file goes. */
async function* listItems(
  platform: Quarry,
  jobId: string,
  directory: string,
  { search, signal, ...selection }: DownloadJobOptions,
  onListed: (bytes: number | null) => void,
  isNew: (file: FileObject) => boolean,
): AsyncGenerator<Item> {
  const isWanted = selector(selection);
  const call = signal ? { signal } : {};
  const enclosure = new Enclosure(directory);
  const places = new OutputPlaces({
    directory,
    hasSeveralRuns: () => hasSeveralRuns(platform, jobId, signal),
  });
  const query = { page_size: PAGE_FILES, ...(search !== undefined && { search }) };
  const seen = new Set<string>();
  for await (const file of platform.jobs.files(jobId, query, call)) {
    // Where pages are counted, an output that comes in between pushes others on to the next page.
    if (seen.has(file.id)) continue;
    seen.add(file.id);
    const path = await places.relativePathOf(file);
    // Also of what is not wanted: what a file is called must not depend on what else is.
    const place = await places.take(path);
    if (!isWanted(path) || !isNew(file)) continue;
    onListed(file.decryptedSize);
    yield { file, target: await enclosure.pathOf(place) };
  }
  onListed(null);
}

async function hasSeveralRuns(
  platform: Quarry,
  jobId: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const page = await platform.jobs.runs(jobId, { page_size: 1 }, signal ? { signal } : {}).page();
    return page.count > 1;
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return false;
    throw error;
  }
}

/** Downloads what is listed, several at once; the first error ends all. */
async function fetchItems(
  platform: Quarry,
  items: AsyncIterable<Item>,
  { onFile, onProgress, ...options }: DownloadJobOptions,
  cut: AbortController,
  listed: Listed,
): Promise<DownloadedFile[]> {
  const results: DownloadedFile[] = [];
  const queue = readAhead(items);
  let transferredBytes = 0;
  let begun = 0;
  const takeFiles = async () => {
    for (;;) {
      const { value: item, done } = await queue.next();
      if (done) return;
      const index = begun++;
      let ofThisFile = 0;
      const result = await fetchItem(platform, item, {
        ...options,
        onProgress: (progress) => {
          transferredBytes += progress.transferredBytes - ofThisFile;
          ofThisFile = progress.transferredBytes;
          onProgress?.({ transferredBytes, totalBytes: listed.isAll ? listed.bytes : null });
        },
      });
      results[index] = result;
      onFile?.(result);
    }
  };
  const takers = Array.from({ length: FILES_AT_ONCE }, () =>
    takeFiles().catch((error: unknown) => {
      cut.abort(error);
      throw error;
    }),
  );
  const failed = (await Promise.allSettled(takers)).some(({ status }) => status === 'rejected');
  if (failed) throw options.signal?.aborted ? options.signal.reason : cut.signal.reason;
  return results;
}

async function fetchItem(
  platform: Quarry,
  { file, target }: Item,
  { existing, onEvent, ...options }: DownloadJobOptions,
): Promise<DownloadedFile> {
  const sizeBytes = file.decryptedSize;
  const path = resolve(target);
  if (existing === 'same') {
    const sha512 = await sameDigest(target, file, options.signal);
    if (sha512 !== null) {
      onEvent?.({ type: 'skip', path, sizeBytes, reason: 'same' });
      options.onProgress?.({ transferredBytes: sizeBytes, totalBytes: sizeBytes });
      return { file, path, sizeBytes, sha512, verified: true };
    }
  }
  onEvent?.({ type: 'start', path, sizeBytes, resumedBytes: 0 });
  const result = await downloadKnownFile(platform, file, target, {
    ...options,
    overwrite: options.overwrite ?? (existing === 'replace' || existing === 'same'),
    onProgress: (progress) => {
      onEvent?.({ type: 'progress', path, transferredBytes: progress.transferredBytes, sizeBytes });
      options.onProgress?.(progress);
    },
  });
  onEvent?.({ type: 'done', path, sizeBytes, sha512: result.sha512 });
  return result;
}
