/** Sinks that collect a blob: in memory, or in files of the page's own on the browser's disk. */
import { bytesOf } from './sha512.ts';
import type { DownloadSink } from './sink.ts';

export interface BlobSink extends DownloadSink {
  /** What was collected; files on disk are named by it and not read. */
  blob(): Promise<Blob>;
  /** Gives up what is on disk. */
  discard(): Promise<void>;
}

/** Keeps pieces as blobs, which browsers hold outside of the page's heap. */
export function memorySink(): BlobSink {
  const pieces = new Map<number, Blob>();
  return {
    write: (position, bytes) => {
      pieces.set(position, new Blob([bytes]));
    },
    read: (start, end) => bytesOf(stretch(pieces, start, end)),
    blob: async () => stretch(pieces),
    discard: async () => pieces.clear(),
  };
}

const DOWNLOADS = 'quarry-downloads';

/**
 * Keeps each piece as a file of its own in the origin's private file system: what was written survives the page, and is
 * found under the same name. Null where the browser has no such thing (pages without TLS; some cannot write there).
 */
export async function privateFilesSink(name: string): Promise<BlobSink | null> {
  if (typeof navigator === 'undefined' || typeof FileSystemFileHandle === 'undefined') {
    return null;
  }
  const storage = navigator.storage as StorageManager | undefined;
  if (storage?.getDirectory === undefined || !('createWritable' in FileSystemFileHandle.prototype)) {
    return null;
  }
  const all = await (await storage.getDirectory()).getDirectoryHandle(DOWNLOADS, { create: true });
  const directory = await all.getDirectoryHandle(name, { create: true });
  const pieces = new Map<number, Blob>();
  for await (const [key, handle] of directory.entries()) {
    // Beside the pieces lie copies that a page was writing when it was left.
    if (handle.kind === 'file' && /^\d+$/.test(key)) {
      pieces.set(Number(key), await (handle as FileSystemFileHandle).getFile());
    }
  }
  return {
    write: async (position, bytes) => {
      const handle = await directory.getFileHandle(String(position), { create: true });
      const file = await handle.createWritable();
      await file.write(bytes);
      await file.close();
      pieces.set(position, await handle.getFile());
    },
    read: (start, end) => bytesOf(stretch(pieces, start, end)),
    kept: async () => [...pieces].map(([start, { size }]) => ({ start, end: start + size })),
    blob: async () => stretch(pieces),
    discard: () => all.removeEntry(name, { recursive: true }),
  };
}

/** A stretch of what the pieces make up; earlier downloads may have cut the file elsewhere. */
function stretch(pieces: ReadonlyMap<number, Blob>, start = 0, end = Number.MAX_SAFE_INTEGER): Blob {
  const found: Blob[] = [];
  let position = start;
  for (const [at, piece] of [...pieces].sort(([one], [other]) => one - other)) {
    if (at > position || at + piece.size <= position || position >= end) {
      continue;
    }
    found.push(piece.slice(position - at, end - at));
    position = Math.min(at + piece.size, end);
  }
  return new Blob(found);
}
