import { join } from 'node:path';
import type { FileObject } from '@quarry/contract';
import type { Quarry } from '../client.ts';
import type { OnProgress } from '../lib/progress.ts';
import { type DownloadedFile, type DownloadFileOptions, downloadKnownFile } from './download-file.ts';
import { safePath } from './safe-path.ts';

export interface DownloadJobOptions extends DownloadFileOptions {
  /** Only files whose name or path contains this. */
  search?: string;
  /** Called with the sum over all files. */
  onProgress?: OnProgress;
  /** Called as each file is in place. */
  onFile?: (file: DownloadedFile) => void;
}

/** Small files are mostly latency: this many are fetched at once. */
const FILES_AT_ONCE = 4;

/**
 * Downloads all outputs of a job below `directory`, each under its path relative to the work directory. Names that
 * would lead elsewhere are made safe; files of the same name from several runs go to `run1/`, `run2/` and so on.
 */
export async function downloadJob(
  platform: Quarry,
  jobId: string,
  directory: string,
  options: DownloadJobOptions = {},
): Promise<DownloadedFile[]> {
  const { search, onProgress, onFile, ...each } = options;
  const query = { page_size: 1000, ...(search !== undefined && { search }) };
  const files = await platform.jobs.files(jobId, query, each.signal ? { signal: each.signal } : {}).all();
  const places = placesOf(files);
  const totalBytes = files.reduce((sum, file) => sum + file.decryptedSize, 0);
  const received = new Map<string, number>();
  const cut = new AbortController();
  const signal = each.signal ? AbortSignal.any([each.signal, cut.signal]) : cut.signal;

  const results: DownloadedFile[] = [];
  const queue = files.entries();
  const takeFiles = async () => {
    for (const [index, file] of queue) {
      const ofThisFile: OnProgress = ({ transferredBytes }) => {
        received.set(file.id, transferredBytes);
        onProgress?.({ transferredBytes: sum(received.values()), totalBytes });
      };
      const target = join(directory, places[index]!);
      const result = await downloadKnownFile(platform, file, target, {
        ...each,
        signal,
        onProgress: ofThisFile,
      });
      results[index] = result;
      onFile?.(result);
    }
  };
  const takers = Array.from({ length: Math.min(FILES_AT_ONCE, files.length) }, () =>
    takeFiles().catch((error: unknown) => {
      cut.abort(error);
      throw error;
    }),
  );
  const failed = (await Promise.allSettled(takers)).some(({ status }) => status === 'rejected');
  if (failed) throw each.signal?.aborted ? each.signal.reason : cut.signal.reason;
  return results;
}

/** Where each file goes, relative to the directory, all different. */
function placesOf(files: readonly FileObject[]): string[] {
  const plain = files.map((file) => safePath(file.relativePath || file.name));
  const unique = new Set(plain).size === plain.length;
  const taken = new Set<string>();
  return files.map((file, index) => {
    const run = /\/run(\d+)\//.exec(file.path ?? '')?.[1];
    const place = unique || run === undefined ? plain[index]! : `run${run}/${plain[index]}`;
    let free = place;
    for (let copy = 2; taken.has(free); copy++) free = `${place}.${copy}`;
    taken.add(free);
    return free;
  });
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
