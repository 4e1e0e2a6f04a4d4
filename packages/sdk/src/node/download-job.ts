import { resolve } from 'node:path';
import type { FileObject } from '@quarry/contract';
import type { Quarry } from '../client.ts';
import { ApiError, type FailedFile, FilesFailedError } from '../errors.ts';
import { sha512Of } from './checksum.ts';
import { downloadFiles } from './download/download-files.ts';
import type { DownloadedFile, DownloadOptions } from './download/options.ts';
import { concernsAll } from './download/transfer-all.ts';
import { OutputPaths } from './output-paths.ts';
import { readAhead } from './read-ahead.ts';
import { type Selection, selector } from './select-outputs.ts';
import { Enclosure } from './stay-inside.ts';

export interface DownloadJobOptions extends DownloadOptions, Selection {
  /** Only files whose name or path contains this; asked of the platform. */
  search?: string;
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

const PAGE_FILES = 1000;

/**
 * Downloads the outputs of a job below `directory`, each under its path relative to the work directory; which ones,
 * see `selector`. The first ones arrive while the others are still being listed. Names that would lead elsewhere are
 * made safe, and no link below `directory` is followed out of it (`LocalFileError`); files of the same name from
 * several runs go to `run1/`, `run2/` and so on. A file that fails leaves the others alone, see `downloadFiles`.
 */
export function downloadJob(
  platform: Quarry,
  jobId: string,
  directory: string,
  options: DownloadJobOptions = {},
): Promise<DownloadedFile[]> {
  return downloadOutputs(platform, jobId, directory, options, () => true);
}

/** The same for those outputs that `isNew` says; others keep their paths. */
export async function downloadOutputs(
  platform: Quarry,
  jobId: string,
  directory: string,
  options: DownloadJobOptions,
  isNew: (file: FileObject) => boolean,
): Promise<DownloadedFile[]> {
  const listed: Listed = { files: 0, bytes: 0, isAll: false };
  const items = listItems(
    platform,
    jobId,
    directory,
    options,
    (bytes) => {
      if (bytes === null) {
        listed.isAll = true;
      } else {
        listed.files += 1;
        listed.bytes += bytes;
      }
      options.onListed?.({ ...listed });
    },
    isNew,
  );
  return fetchItems(platform, items, options, listed);
}

/** Lists page by page, and says where each file goes. */
async function* listItems(
  platform: Quarry,
  jobId: string,
  directory: string,
  { search, signal, ...selection }: DownloadJobOptions,
  onListed: (bytes: number | null) => void,
  isNew: (file: FileObject) => boolean,
): AsyncGenerator<Item[]> {
  const isWanted = selector(selection);
  const call = signal ? { signal } : {};
  const enclosure = new Enclosure(directory);
  const outputPaths = new OutputPaths({
    directory,
    hasSeveralRuns: () => hasSeveralRuns(platform, jobId, signal),
  });
  const query = { page_size: PAGE_FILES, ...(search !== undefined && { search }) };
  const seen = new Set<string>();
  for await (const { results } of platform.jobs.files(jobId, query, call).pages()) {
    const items: Item[] = [];
    for (const file of results) {
      // Where pages are counted, an output that comes in between pushes others on to the next page.
      if (seen.has(file.id)) {
        continue;
      }
      seen.add(file.id);
      const path = await outputPaths.relativePathOf(file);
      // Also of what is not wanted: what a file is called must not depend on what else is.
      const place = await outputPaths.take(path);
      if (!isWanted(path) || !isNew(file)) {
        continue;
      }
      onListed(file.decryptedSize);
      items.push({ file, target: resolve(await enclosure.pathOf(place)) });
    }
    if (items.length > 0) {
      yield items;
    }
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
    if (error instanceof ApiError && error.status < 500) {
      return false;
    }
    throw error;
  }
}

/**
 * Downloads page after page: the first one alone, then all that was listed meanwhile. Files that fail leave the others
 * alone, unless what failed would fail again.
 */
async function fetchItems(
  platform: Quarry,
  pages: AsyncIterable<Item[]>,
  { onFile, onProgress, onEvent, ...options }: DownloadJobOptions,
  listed: Listed,
): Promise<DownloadedFile[]> {
  const items = new Map<string, FileObject>();
  const inPlace = new Map<string, DownloadedFile>();
  const failed: FailedFile[] = [];
  let earlierBytes = 0;
  const settle = (path: string, sizeBytes: number, sha512: string) => {
    const file = items.get(path);
    if (file === undefined || inPlace.has(path)) {
      return;
    }
    const downloaded = { file, path, sizeBytes, sha512, verified: sha512Of(file) !== null };
    inPlace.set(path, downloaded);
    onFile?.(downloaded);
  };
  for await (const batch of readAhead(pages)) {
    const wanted = batch.flat();
    for (const { target, file } of wanted) {
      items.set(target, file);
    }
    let bytes = 0;
    try {
      const files = await downloadFiles(platform, wanted, {
        ...options,
        onEvent: (event) => {
          onEvent?.(event);
          if (event.type === 'done') {
            settle(event.path, event.sizeBytes, event.sha512);
          }
          if (event.type === 'skip') {
            settle(event.path, event.sizeBytes, sha512Of(items.get(event.path)!) ?? '');
          }
        },
        onProgress: ({ transferredBytes }) => {
          bytes = transferredBytes;
          const totalBytes = listed.isAll ? listed.bytes : null;
          onProgress?.({ transferredBytes: earlierBytes + transferredBytes, totalBytes });
        },
      });
      for (const { path, sizeBytes, sha512 } of files) {
        settle(path, sizeBytes, sha512);
      }
    } catch (error) {
      if (!(error instanceof FilesFailedError)) {
        throw error;
      }
      failed.push(...error.failed);
      if (error.failed.some((each) => concernsAll(each.error))) {
        break;
      }
    }
    earlierBytes += bytes;
  }
  if (failed.length === 1) {
    throw failed[0]!.error;
  }
  if (failed.length > 0) {
    throw new FilesFailedError(failed, inPlace.size);
  }
  return [...items.keys()].map((path) => inPlace.get(path)!);
}
