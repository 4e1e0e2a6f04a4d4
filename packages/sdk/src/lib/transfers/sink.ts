import type { ByteRange } from './part-digests.ts';

/** Where a download goes. Its calls come one at a time. */
export interface DownloadSink {
  /** Puts bytes at a position; positions come in no particular order, and may come again. */
  write(position: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> | void;
  /** Gives bytes that were written. A sink that can do this is repaired in place, else damaged files are fetched anew. */
  read?(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Stretches that are there from an earlier download of the file of that size; they are read and not fetched. */
  kept?(sizeBytes: number): Promise<readonly ByteRange[]>;
  /** All bytes are there and are the right ones. */
  close?(): Promise<void> | void;
  /** The download failed; the first `contiguousBytes` are there without a gap. */
  abort?(contiguousBytes: number): Promise<void> | void;
}

/** A file that the user has chosen, as browsers give it: `FileSystemFileHandle`. */
export interface WritableFileHandle {
  getFile(): Promise<Blob>;
  createWritable(options?: { keepExistingData?: boolean }): Promise<WritableFileStream>;
}

interface WritableFileStream {
  write(chunk: { type: 'write'; position: number; data: Uint8Array<ArrayBuffer> }): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * A sink over a file handle, such as `showSaveFilePicker()` gives. Browsers write into a copy that takes the place of
 * the file when it is closed. A download that fails leaves its beginning; with `resume` what is in the file is taken
 * for that.
 */
export function fileSink(handle: WritableFileHandle, options: { resume?: boolean } = {}): DownloadSink {
  let keepExistingData = options.resume ?? false;
  let opened: WritableFileStream | null = null;
  const open = async () => {
    opened ??= await handle.createWritable({ keepExistingData });
    keepExistingData = true;
    return opened;
  };
  const commit = async () => {
    await opened?.close();
    opened = null;
  };
  return {
    write: async (position, data) => (await open()).write({ type: 'write', position, data }),
    read: async (start, end) => {
      await commit();
      const file = await handle.getFile();
      return new Uint8Array(await file.slice(start, end).arrayBuffer());
    },
    kept: async (sizeBytes) => {
      if (!keepExistingData) {
        return [];
      }
      const { size } = await handle.getFile();
      if (size > sizeBytes) {
        await (await open()).truncate(sizeBytes);
      }
      return [{ start: 0, end: Math.min(size, sizeBytes) }];
    },
    close: async () => {
      // A file of no bytes was never written to.
      await open();
      await commit();
    },
    abort: async (contiguousBytes) => {
      await opened?.truncate(contiguousBytes);
      await commit();
    },
  };
}
