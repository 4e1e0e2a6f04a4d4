/** Unpacks an input in place. The name says whether to, the first bytes say how. */
import { createReadStream, readSync } from 'node:fs';
import { Opened, openAgain, openEntry, statOf } from '../files/door.ts';
import { rawOf } from '../files/raw-name.ts';
import { compressionOf, decompress } from './decompress.ts';
import { archiveKind, type Compression } from './kind.ts';
import { nameOfText } from './name.ts';
import { isTarBlock, TAR_BLOCK_BYTES, unpackTar } from './tar.ts';
import { ArchiveWriter, asArchiveFailure, type WriterOptions } from './writer.ts';

const READ_BYTES = 256 * 1024;

/**
 * Unpacks `archive`, a file of the work directory, beside itself. What is no archive in spite of its name is left
 * alone with a line in the log; a RunFailure is thrown for one that is broken, unsafe or too large.
 */
export async function unpackArchive(archive: string, options: Omit<WriterOptions, 'archive'>): Promise<void> {
  using writer = new ArchiveWriter({ ...options, archive });
  try {
    using file = new Opened(openEntry(options.work, rawOf(archive)));
    if (!statOf(file.fd).isFile()) {
      throw new Error('something else was put in its place');
    }
    const wrong = await unpackKind(archive, file.fd, writer, options.note);
    if (wrong !== null) {
      options.note(`${archive} was not unpacked: ${wrong}.`);
    }
    writer.noteNames();
  } catch (error) {
    throw asArchiveFailure(archive, error);
  }
}

/** Null when it was unpacked, else why it is no archive. */
async function unpackKind(
  archive: string,
  file: number,
  writer: ArchiveWriter,
  note: (text: string) => void,
): Promise<string | null> {
  const kind = archiveKind(archive);
  const head = readHead(file);
  if (kind === 'zip') {
    const { unpackZip } = await import('./zip.ts');
    using opened = new Opened(openAgain(file));
    const isZip = await unpackZip(archive, { fd: opened.fd, head, note }, writer);
    return isZip ? null : 'it is no zip archive in spite of its name';
  }
  const compression = compressionOf(head);
  if (kind === 'single') {
    const name = archive.replace(/\.[^.]+$/, '');
    if (compression === null) {
      return 'it is not compressed in spite of its name';
    }
    if (name === '') {
      return 'nothing is left of its name without the ending';
    }
    await withContent(file, compression, (content) => writer.file(nameOfText(name), content));
    return null;
  }
  return withContent(file, compression, async (content) => {
    const start = await peek(content, TAR_BLOCK_BYTES);
    if (!isTarBlock(start.head)) {
      return 'it is no tar archive in spite of its name';
    }
    await unpackTar(archive, start.all, writer);
    return null;
  });
}

async function withContent<Result>(
  entry: number,
  compression: Compression | null,
  use: (content: AsyncIterable<Buffer>) => Promise<Result>,
): Promise<Result> {
  const file = createReadStream('', { fd: openAgain(entry), start: 0, highWaterMark: READ_BYTES });
  try {
    return await use(compression === null ? file : await decompress(file, compression));
  } finally {
    file.destroy();
  }
}

function readHead(entry: number): Buffer {
  const head = Buffer.alloc(TAR_BLOCK_BYTES);
  using file = new Opened(openAgain(entry));
  return head.subarray(0, readSync(file.fd, head));
}

/** The first bytes of a stream, and the stream with them. */
async function peek(
  content: AsyncIterable<Buffer>,
  bytes: number,
): Promise<{ head: Buffer; all: AsyncIterable<Buffer> }> {
  const source = content[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < bytes) {
    const { value, done } = await source.next();
    if (done === true) {
      break;
    }
    head = Buffer.concat([head, value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    if (head.length > 0) {
      yield head;
    }
    yield* { [Symbol.asyncIterator]: () => source };
  }
  return { head, all: all() };
}
