/** The directory at the end of a zip, as APPNOTE 6.3 describes it; what is packed is not read. */
import type { ByteSource } from '../byte-source.ts';
import { type ArchiveEntry, ArchiveError, type ArchiveList, MAX_ENTRIES } from './entry.ts';

const END = 0x06054b50;
const END_64_LOCATOR = 0x07064b50;
const END_64 = 0x06064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
/** What a directory of `MAX_ENTRIES` entries with long names takes. */
const MAX_DIRECTORY_BYTES = 16 * 1024 * 1024;
const IN_64 = 0xffffffff;
const IN_64_COUNT = 0xffff;
const UTF_8 = 1 << 11;
const ENCRYPTED = 1;

export async function readZip(source: ByteSource, signal?: AbortSignal): Promise<ArchiveList> {
  const { size } = await source.read(0, 1, signal);
  const tailStart = Math.max(0, size - END_BYTES - MAX_COMMENT_BYTES - 20);
  const tail = viewOf((await source.read(tailStart, size, signal)).bytes);
  const end = findEnd(tail);
  if (end === null) {
    throw new ArchiveError('It has no directory at its end: it is no zip, or only part of one.');
  }
  const place = (await find64(source, tail, end, signal)) ?? {
    start: tail.getUint32(end + 16, true),
    bytes: tail.getUint32(end + 12, true),
    count: tail.getUint16(end + 10, true),
  };
  if (place.start + place.bytes > size) {
    throw new ArchiveError('Its directory lies beyond its end: part of it is missing.');
  }
  const stop = place.start + Math.min(place.bytes, MAX_DIRECTORY_BYTES);
  const directory = (await source.read(place.start, Math.max(stop, place.start + 1), signal)).bytes;
  const entries = place.bytes === 0 ? [] : entriesOf(directory);
  return { entries, isCut: entries.length < place.count };
}

/** Where in the file the bytes of an entry begin: its own header may be longer than the directory tells. */
export async function zipContentStart(
  source: ByteSource,
  headerOffset: number,
  signal?: AbortSignal,
): Promise<number> {
  const header = viewOf((await source.read(headerOffset, headerOffset + LOCAL_BYTES, signal)).bytes);
  if (header.byteLength < LOCAL_BYTES || header.getUint32(0, true) !== LOCAL) {
    throw new ArchiveError('There is no entry where the directory says that there is one.');
  }
  return headerOffset + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
}

function findEnd(tail: DataView): number | null {
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    // A comment may hold the same four bytes; the right ones are as far from the end as they tell.
    if (
      tail.getUint32(at, true) === END &&
      at + END_BYTES + tail.getUint16(at + 20, true) <= tail.byteLength
    ) {
      return at;
    }
  }
  return null;
}

/** The directory of what is too large for the older fields; null where they suffice. */
async function find64(source: ByteSource, tail: DataView, end: number, signal: AbortSignal | undefined) {
  const isNeeded =
    tail.getUint32(end + 16, true) === IN_64 ||
    tail.getUint32(end + 12, true) === IN_64 ||
    tail.getUint16(end + 10, true) === IN_64_COUNT;
  if (!isNeeded || end < 20 || tail.getUint32(end - 20, true) !== END_64_LOCATOR) {
    return null;
  }
  const offset = toNumber(tail.getBigUint64(end - 20 + 8, true));
  const record = viewOf((await source.read(offset, offset + 56, signal)).bytes);
  if (record.byteLength < 56 || record.getUint32(0, true) !== END_64) {
    throw new ArchiveError('The directory of this large zip is not where it should be.');
  }
  return {
    count: toNumber(record.getBigUint64(32, true)),
    bytes: toNumber(record.getBigUint64(40, true)),
    start: toNumber(record.getBigUint64(48, true)),
  };
}

function entriesOf(directory: Uint8Array): ArchiveEntry[] {
  const view = viewOf(directory);
  const entries: ArchiveEntry[] = [];
  let at = 0;
  while (at + ENTRY_BYTES <= directory.length && entries.length < MAX_ENTRIES) {
    if (view.getUint32(at, true) !== ENTRY) {
      throw new ArchiveError('Its directory is damaged.');
    }
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const next = at + ENTRY_BYTES + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (at + ENTRY_BYTES + nameBytes + extraBytes > directory.length) {
      break;
    }
    entries.push(entryAt(view, directory, at, nameBytes, extraBytes));
    at = next;
  }
  return entries;
}

function entryAt(
  view: DataView,
  directory: Uint8Array,
  at: number,
  nameBytes: number,
  extraBytes: number,
): ArchiveEntry {
  const flags = view.getUint16(at + 8, true);
  const nameStart = at + ENTRY_BYTES;
  const name = directory.subarray(nameStart, nameStart + nameBytes);
  const path = decodeName(name, (flags & UTF_8) !== 0);
  const sizes = sizesOf(view, at, nameStart + nameBytes, extraBytes);
  const isDirectory = path.endsWith('/');
  const unixMode = view.getUint32(at + 38, true) >>> 16;
  const method = { 0: 'stored', 8: 'deflate' }[view.getUint16(at + 10, true)] as
    | 'stored'
    | 'deflate'
    | undefined;
  return {
    path,
    kind: isDirectory ? 'directory' : (unixMode & 0xf000) === 0xa000 ? 'link' : 'file',
    sizeBytes: isDirectory ? null : sizes.unpacked,
    date: dosDate(view.getUint16(at + 14, true), view.getUint16(at + 12, true)),
    content:
      isDirectory || method === undefined || (flags & ENCRYPTED) !== 0
        ? null
        : {
            offset: sizes.offset,
            packedBytes: sizes.packed,
            method,
            crc32: view.getUint32(at + 16, true),
            hasZipHeader: true,
          },
  };
}

/** What does not fit into 32 bits stands in an extra field, in this order. */
function sizesOf(view: DataView, at: number, extraStart: number, extraBytes: number) {
  const sizes = {
    unpacked: view.getUint32(at + 24, true),
    packed: view.getUint32(at + 20, true),
    offset: view.getUint32(at + 42, true),
  };
  for (let field = extraStart; field + 4 <= extraStart + extraBytes; ) {
    const length = view.getUint16(field + 2, true);
    const end = Math.min(field + 4 + length, extraStart + extraBytes);
    if (view.getUint16(field, true) === 1) {
      let value = field + 4;
      for (const key of ['unpacked', 'packed', 'offset'] as const) {
        if (sizes[key] === IN_64 && value + 8 <= end) {
          sizes[key] = toNumber(view.getBigUint64(value, true));
          value += 8;
        }
      }
    }
    field += 4 + length;
  }
  return sizes;
}

/** Names without the mark of UTF-8 are of code page 437; most are ASCII, or UTF-8 by programs that forget the mark. */
function decodeName(bytes: Uint8Array, isUtf8: boolean): string {
  try {
    return new TextDecoder('utf-8', { fatal: !isUtf8 }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}

function dosDate(date: number, time: number): Date | null {
  const [year, month, day] = [1980 + (date >> 9), (date >> 5) & 15, date & 31];
  return month === 0 || day === 0
    ? null
    : new Date(year, month - 1, day, time >> 11, (time >> 5) & 63, (time & 31) * 2);
}

function toNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new ArchiveError('It says that it is larger than any file.');
  }
  return Number(value);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
