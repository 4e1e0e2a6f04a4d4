import { lstat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AuthenticationError, isOutage, LocalFileError } from '../../errors.ts';
import { DOWNLOAD_SLOT_BYTES, DOWNLOAD_SPARE_SLOTS, MAX_STREAMS } from '../../limits.ts';
import { openConnections } from '../http.ts';
import { noRoom } from '../local-file-error.ts';
import { FileTransfer } from './file-transfer.ts';
import { fileSystemOf, freeBytesAt } from './free-space.ts';
import { HashThreads } from './hash-threads.ts';
import type { DownloadOptions } from './options.ts';
import { partialNames } from './partial-file.ts';
import { SlotPool } from './slot-pool.ts';
import type { Source } from './source.ts';
import { StreamPool } from './stream-pool.ts';
import { syncDirectories } from './target.ts';
import type { Outcome, TransferContext } from './transfer-context.ts';
import { TransferProgress } from './transfer-progress.ts';

export interface Item {
  source: Source;
  target: string;
}

/** Segments of streams that are asked for at once take so much memory at most when all wait for one. */
const SEGMENT_BYTES = 8 * 1024 * 1024;

/**
 * Downloads files under one budget of streams, and tells how each ended, in their order. A file that fails leaves the
 * others alone, unless its failure would meet them all: a full disk, a server that is away, a key that is not taken.
 */
export async function transferAll(
  items: readonly Item[],
  options: DownloadOptions,
): Promise<PromiseSettledResult<Outcome>[]> {
  options.signal?.throwIfAborted();
  const places = items.map(({ source, target }) => ({ source, path: resolve(target) }));
  const existing = options.existing ?? (options.overwrite ? 'replace' : 'refuse');
  if (places.length > 1) {
    await refuseFullDisk(places);
  }

  const cut = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, cut.signal]) : cut.signal;
  using connections = openConnections();
  using hashes = new HashThreads();
  const most = Math.max(1, Math.floor(options.streams ?? options.maxStreams ?? MAX_STREAMS));
  const network = { connections, speaksPlainly: new Map<string, boolean>() };
  const directories = new Set<string>();
  const progress = new TransferProgress(options, (error) => cut.abort(error));
  const context: TransferContext = {
    network,
    hashes,
    existing,
    signal,
    directories,
    slots: new SlotPool(DOWNLOAD_SLOT_BYTES, most + DOWNLOAD_SPARE_SLOTS),
    resume: options.resume ?? true,
    onEvent: (event) => progress.tell(event),
    onBytes: (path, change) => {
      if (change > 0) {
        pool.moved(change);
      }
      progress.moved(path, change);
    },
    onSize: (path, sizeBytes) => progress.size(path, sizeBytes),
    onRefusal: () => pool.refused(),
    mayLeave: () => pool.mayLeave(),
    kick: () => pool.kick(),
    segmentBytes: () => SEGMENT_BYTES,
  };
  const files = places.map(({ source, path }) => {
    progress.size(path, source.sizeBytes);
    return new FileTransfer(source, path, context);
  });
  const { streams, maxStreams } = options;
  using pool = new StreamPool({ files, network, streams, maxStreams });
  const giveUp = (reason: unknown) => {
    for (const file of files) {
      file.cancel(reason);
    }
  };
  const onAbort = () => {
    for (const file of files) {
      file.abort(signal.reason);
    }
  };
  signal.addEventListener('abort', onAbort, { once: true });
  for (const file of files) {
    file.ended.catch((error: unknown) => {
      if (concernsAll(error)) {
        giveUp(error);
      }
    });
  }
  pool.kick();
  const results = await Promise.allSettled(files.map(({ ended }) => ended));
  await syncDirectories(directories);
  signal.removeEventListener('abort', onAbort);
  progress.end();
  if (signal.aborted) {
    throw signal.reason;
  }
  return results;
}

/** Whether what failed for one file would fail for all. */
export function concernsAll(error: unknown): boolean {
  if (error instanceof LocalFileError) {
    return error.problem === 'disk_full' || error.problem === 'read_only';
  }
  return error instanceof AuthenticationError || isOutage(error);
}

/** Together they must fit, file system by file system; what earlier attempts left is there already. */
async function refuseFullDisk(places: readonly { source: Source; path: string }[]): Promise<void> {
  const systems = new Map<string, { directory: string; device: number }>();
  const needed = new Map<number, { directory: string; path: string; bytes: number }>();
  for (const { source, path } of places) {
    const parent = dirname(path);
    const system = systems.get(parent) ?? (await fileSystemOf(path));
    systems.set(parent, system);
    const sum = needed.get(system.device) ?? { directory: system.directory, path, bytes: 0 };
    sum.bytes += source.sizeBytes ?? 0;
    needed.set(system.device, sum);
  }
  for (const [device, { directory, path, bytes }] of needed) {
    const free = await freeBytesAt(directory);
    if (bytes <= free) {
      continue;
    }
    let there = 0;
    for (const place of places) {
      if (systems.get(dirname(place.path))?.device !== device) {
        continue;
      }
      const partial = await lstat(partialNames(place.path).partial).catch(() => null);
      const target = await lstat(place.path).catch(() => null);
      there += (partial?.blocks ?? 0) * 512;
      if (target?.size === place.source.sizeBytes) {
        there += target?.size ?? 0;
      }
    }
    if (bytes - there > free) {
      throw noRoom(path, bytes - there, free);
    }
  }
}
