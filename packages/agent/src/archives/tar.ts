import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Extract, extract, type Header } from 'tar-stream';
import type { RunFailure } from '../runs/failure.ts';
import { broken, unsafe, unsupported } from './failure.ts';
import { type EntryName, nameOfBytes } from './name.ts';
import type { ArchiveWriter } from './writer.ts';

export const TAR_BLOCK_BYTES = 512;
const [CHECKSUM_START, CHECKSUM_END] = [148, 156];
const TYPE_FLAG_AT = 156;
const [BLANK, EQUALS, NEWLINE] = [0x20, 0x3d, 0x0a];

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
  for await (const entry of readTar(content)) {
    await writeEntry(archive, entry, writer);
  }
}

/** The entries of a tar stream, each as it comes, names with a character for each byte. */
export async function* readTar(content: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const entries = extract({ allowUnknownFormat: true, filenameEncoding: 'latin1' } as never);
  keepBytesOfPax(entries);
  const flagOf = keepTypeFlags(entries);
  const fed = pipeline(Readable.from(content, { objectMode: false }), entries as NodeJS.WritableStream);
  // The loop below meets the same error.
  fed.catch(() => undefined);
  for await (const entry of entries) {
    yield Object.assign(entry as AsyncIterable<unknown> as TarEntry, { flag: flagOf(entry.header) });
    entry.resume();
  }
  await fed;
}

/** What of the library reads the records that stand before an entry. */
interface LongHeaders {
  _header: Omit<Header, 'type'> & { type: string | null };
  _buffer: { shift(bytes: number): Uint8Array | null };
  _applyLongHeaders(): void;
  _pax: Record<string, string> | null;
  _paxGlobal: Record<string, string> | null;
  _decodeLongHeader(bytes: Uint8Array): void;
}

/**
 * The library reads pax records as UTF-8, and what is none would be replaced; POSIX lets them be anything (`hdrcharset`).
 * They are read here instead, a character for each byte, as the library does it with all other names.
 */
function keepBytesOfPax(entries: Extract): void {
  const inside = entries as unknown as LongHeaders;
  const decode = inside._decodeLongHeader.bind(entries);
  inside._decodeLongHeader = (bytes) => {
    switch (inside._header.type) {
      case 'pax-global-header':
        inside._paxGlobal = { ...inside._paxGlobal, ...readPax(Buffer.from(bytes)) };
        break;
      case 'pax-header':
        inside._pax = { ...inside._paxGlobal, ...readPax(Buffer.from(bytes)) };
        break;
      default:
        decode(bytes);
    }
  };
}

/**
 * Kinds of entries that the library does not know come without the letter that says what they are. The last block that it
 * has taken before it completes a header is that header.
 */
function keepTypeFlags(entries: Extract): (header: Header) => string {
  const inside = entries as unknown as LongHeaders;
  const flags = new WeakMap<Header, string>();
  let block: Uint8Array | null = null;
  const shift = inside._buffer.shift.bind(inside._buffer);
  inside._buffer.shift = (bytes) => {
    block = shift(bytes);
    return block;
  };
  const complete = inside._applyLongHeaders.bind(entries);
  inside._applyLongHeaders = () => {
    flags.set(inside._header as Header, String.fromCharCode(block![TYPE_FLAG_AT]!));
    complete();
  };
  return (header) => flags.get(header)!;
}

/** Records of `length key=value\n`, perhaps with zeros behind the last. */
function readPax(bytes: Buffer): Record<string, string> {
  const records: Record<string, string> = Object.create(null);
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const blank = bytes.indexOf(BLANK, at);
    const length = bytes.toString('latin1', at, Math.max(at, blank));
    const end = /^\d+$/.test(length) ? at + Number(length) : Number.NaN;
    const equals = bytes.indexOf(EQUALS, blank);
    if (blank < 0 || !(end <= bytes.length) || equals < 0 || equals >= end || bytes[end - 1] !== NEWLINE) {
      throw new Error('a pax header in it cannot be read');
    }
    records[bytes.toString('latin1', blank + 1, equals)] = bytes.toString('latin1', equals + 1, end - 1);
    at = end;
  }
  return records;
}

export interface TarEntry extends AsyncIterable<Buffer> {
  header: Header;
  /** The letter by which the archive says what it is. */
  flag: string;
}

async function writeEntry(archive: string, entry: TarEntry, writer: ArchiveWriter): Promise<void> {
  const { type, mtime, pax, size } = entry.header;
  const name = nameOfBytes(entry.header.name);
  // The library takes a size that it cannot read for null, and would wait for the end of the entry for ever.
  if (!Number.isSafeInteger(size)) {
    throw broken(archive, `the size of its entry ${JSON.stringify(name.text)} cannot be read`);
  }
  // The library's types do not say that an empty one is null.
  const target = nameOfBytes(entry.header.linkname ?? '');
  switch (type) {
    case 'file':
    case 'contiguous-file':
      if (Object.keys(pax ?? {}).some((key) => key.startsWith('GNU.sparse.'))) {
        // What the entry itself is called is where older programs shall put it.
        throw sparse(archive, (pax as Record<string, string>)['GNU.sparse.name'] ?? name.text);
      }
      return writer.file(name, entry, mtime);
    case 'directory':
      return writer.directory(name);
    case 'symlink':
      return writer.symbolicLink(name, target.text);
    case 'link':
      return writer.hardLink(name, target, mtime);
    case 'character-device':
    case 'block-device':
    case 'fifo':
      throw unsafe(archive, name.text, `is a ${type === 'fifo' ? 'named pipe' : 'device'}`);
    default:
      return writeOfGnu(archive, entry.flag, name, writer);
  }
}

/** Kinds of entries of GNU tar alone, by their letters. */
function writeOfGnu(archive: string, flag: string, name: EntryName, writer: ArchiveWriter): void {
  const entry = `its entry ${JSON.stringify(name.text)}`;
  switch (flag) {
    // The label of the volume is a name without anything behind it.
    case 'V':
      return;
    // A directory of an incremental archive; what follows is a list of what was in it, which comes by itself.
    case 'D':
      writer.directory(name);
      return;
    case 'S':
      throw sparse(archive, name.text);
    case 'M':
      throw unsupported(
        archive,
        `${entry} goes on from another volume (made with tar --multi-volume)`,
        'Pack it again without --multi-volume (-M)',
      );
    default:
      throw unsupported(
        archive,
        `${entry} is of the kind ${JSON.stringify(flag)}, which is not known here`,
        'Pack it again with GNU tar',
      );
  }
}

function sparse(archive: string, name: string): RunFailure {
  return unsupported(
    archive,
    `its entry ${JSON.stringify(name)} is a sparse file (made with tar --sparse)`,
    'Pack it again without --sparse (-S)',
  );
}
