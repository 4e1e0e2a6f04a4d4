/**
 * Several stored files as one zip or tar that is written while it is read: nothing of it lies on the disk, and of the
 * files one is open at a time. Bytes go in as they are; what jobs put out is mostly compressed or not worth it, and a reader
 * on the same network is faster than a compressor.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { ArchiveFormat } from '@quarry/contract';
import { makeZip, predictLength } from 'client-zip';
import { pack as packTar } from 'tar-stream';
import type { FileWithOwner } from '../db/queries/files-list.ts';
import type { Logger } from '../logger.ts';
import type { BlobReader, Storage } from '../storage/storage.ts';
import { openBytes } from './open-bytes.ts';

export interface ArchiveContext {
  storage: Storage;
  logger: Logger;
}

export interface ArchiveEntry {
  /** Path in the archive, with forward slashes. */
  path: string;
  file: FileWithOwner;
}

type Entries = Iterable<ArchiveEntry> | AsyncIterable<ArchiveEntry>;

const PIECE_BYTES = 256 * 1024;
const [MODE, MODE_OF_EXECUTABLE] = [0o644, 0o755];

/** The archive of these files. Breaks off where the bytes of one are missing or damaged, which the log says. */
export function archiveOf(context: ArchiveContext, format: ArchiveFormat, entries: Entries): Readable {
  const source = new Source(context);
  const archive = format === 'zip' ? zipOf(source, entries) : tarOf(source, entries);
  archive.once('close', () => {
    source
      .close()
      .catch((error) => context.logger.error({ err: error }, 'a file of an archive was not closed'));
  });
  return archive;
}

/**
 * Gives the bytes of one file after the other. Whoever stops reading need not say so to what it reads from, and the writer of
 * zips does not: what is open then is closed by `close`, not by the end of the reading.
 */
class Source {
  readonly #context: ArchiveContext;
  #reader: BlobReader | null = null;
  #isOver = false;

  constructor(context: ArchiveContext) {
    this.#context = context;
  }

  async *bytesOf(file: FileWithOwner): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const reader = await openBytes(this.#context, file);
    this.#reader = reader;
    if (this.#isOver) {
      await this.#closeReader();
      return;
    }
    for (let position = 0; position < file.size_bytes && !this.#isOver; ) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, file.size_bytes - position));
      const count = await reader.read(piece, position);
      position += count;
      yield piece.subarray(0, count);
    }
    await this.#closeReader();
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#closeReader();
  }

  async #closeReader(): Promise<void> {
    const reader = this.#reader;
    this.#reader = null;
    await reader?.close();
  }
}

/** Bytes that the zip of these files has. */
export function lengthOfZip(entries: readonly ArchiveEntry[]): number {
  return Number(predictLength(entries.map(({ path, file }) => ({ name: path, size: file.size_bytes }))));
}

/**
 * The path of an output as every system can take it: programs for Windows take a backslash for a slash, and some
 * terminals obey control characters. Such characters are written as in addresses.
 */
export function safeEntryPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/')
    .replace(/[\\\p{Cc}]/gu, encodeURIComponent);
}

/** Outputs of a job in a folder; the paths of those of a sweep begin with one more for each run. */
export async function* entriesOfJob(
  folder: string,
  files: AsyncIterable<FileWithOwner>,
): AsyncGenerator<ArchiveEntry> {
  for await (const file of files) {
    yield { path: `${folder}/${safeEntryPath(file.relative_path)}`, file };
  }
}

function zipOf(source: Source, entries: Entries): Readable {
  const zip = makeZip(asInputs(source, entries));
  return Readable.fromWeb(zip as ReadableStream, { highWaterMark: PIECE_BYTES });
}

async function* asInputs(source: Source, entries: Entries) {
  for await (const { path, file } of entries) {
    yield {
      name: path,
      size: file.size_bytes,
      lastModified: modifiedAt(file),
      mode: modeOf(file),
      input: source.bytesOf(file),
    };
  }
}

function tarOf(source: Source, entries: Entries): Readable {
  const tar = packTar();
  void fillTar(source, tar, entries).then(
    () => tar.finalize(),
    (error) => tar.destroy(error),
  );
  return Readable.from(tar, { objectMode: false, highWaterMark: PIECE_BYTES });
}

async function fillTar(source: Source, tar: ReturnType<typeof packTar>, entries: Entries): Promise<void> {
  for await (const { path, file } of entries) {
    const entry = tar.entry({
      name: path,
      size: file.size_bytes,
      mtime: modifiedAt(file),
      mode: modeOf(file),
    });
    await pipeline(source.bytesOf(file), entry as NodeJS.WritableStream);
  }
}

function modifiedAt(file: FileWithOwner): Date {
  return new Date(file.date_modified ?? file.date_uploaded);
}

function modeOf(file: FileWithOwner): number {
  return file.is_executable === 1 ? MODE_OF_EXECUTABLE : MODE;
}
