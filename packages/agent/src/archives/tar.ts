import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { broken, unsafe } from './failure.ts';
import type { ArchiveWriter } from './writer.ts';

export const TAR_BLOCK_BYTES = 512;
const [CHECKSUM_START, CHECKSUM_END] = [148, 156];

/** Whether a block is the header of a tar entry, by its check sum, or the zeros of an archive without entries. */
export function isTarBlock(block: Buffer): boolean {
  if (block.length < TAR_BLOCK_BYTES) {
    return false;
  }
  let sum = 0;
  for (const [index, byte] of block.subarray(0, TAR_BLOCK_BYTES).entries()) {
    sum += index >= CHECKSUM_START && index < CHECKSUM_END ? 32 : byte;
  }
  const isZero = sum === (CHECKSUM_END - CHECKSUM_START) * 32 && block[0] === 0;
  const stated = Number.parseInt(
    block.toString('latin1', CHECKSUM_START, CHECKSUM_END).replaceAll('\0', ' '),
    8,
  );
  return isZero || stated === sum;
}

/** Unpacks a tar stream, each entry as it comes. */
export async function unpackTar(
  archive: string,
  content: AsyncIterable<Buffer>,
  writer: ArchiveWriter,
): Promise<void> {
  const entries = extract({ allowUnknownFormat: true } as never);
  const fed = pipeline(Readable.from(content, { objectMode: false }), entries as NodeJS.WritableStream);
  // The loop below meets the same error.
  fed.catch(() => undefined);
  for await (const entry of entries) {
    await writeEntry(archive, entry as AsyncIterable<unknown> as Entry, writer);
    entry.resume();
  }
  await fed;
}

interface Entry extends AsyncIterable<Buffer> {
  header: Header;
}

async function writeEntry(archive: string, entry: Entry, writer: ArchiveWriter): Promise<void> {
  const { name, type, mtime, pax } = entry.header;
  // The library's types do not say that an empty one is null.
  const linkname = entry.header.linkname ?? '';
  switch (type) {
    case 'file':
    case 'contiguous-file':
      if (Object.keys(pax ?? {}).some((key) => key.startsWith('GNU.sparse.'))) {
        throw broken(archive, `its entry ${JSON.stringify(name)} is a sparse file (made with tar --sparse)`);
      }
      return writer.file(name, entry, mtime);
    case 'directory':
      return writer.directory(name);
    case 'symlink':
      return writer.symbolicLink(name, linkname);
    case 'link':
      return writer.hardLink(name, linkname);
    case 'character-device':
    case 'block-device':
    case 'fifo':
      throw unsafe(archive, name, `is a ${type === 'fifo' ? 'named pipe' : 'device'}`);
    default:
      throw broken(archive, `its entry ${JSON.stringify(name)} is of a kind that is not known`);
  }
}
