/** The headers of a tar, as POSIX (pax) and GNU write them; what lies between them is passed over. */
import { type ArchiveEntry, ArchiveError, type ArchiveList, MAX_ENTRIES } from './entry.ts';

const BLOCK_BYTES = 512;
/** A path that is longer than its field, or what else stands in front of an entry. */
const MAX_NOTE_BYTES = 1024 * 1024;

/** Bytes that are taken from the front to the end. */
export interface TarBytes {
  /** So many bytes, fewer at the end. */
  take(count: number): Promise<Uint8Array>;
  skip(count: number): Promise<void>;
  /** How far it was read. */
  readonly position: number;
  /** Whether it is worth going on: reading costs time. */
  readonly isSpent: boolean;
}

export interface ReadTarOptions {
  bytes: TarBytes;
  /** Whether entries can be fetched by where they lie. */
  isAddressable: boolean;
}

interface Notes {
  path?: string;
  size?: number;
  /** Null when it is none. */
  date?: Date | null;
}

export async function readTar({ bytes, isAddressable }: ReadTarOptions): Promise<ArchiveList> {
  const entries: ArchiveEntry[] = [];
  let notes: Notes = {};
  while (entries.length < MAX_ENTRIES && !bytes.isSpent) {
    const header = await bytes.take(BLOCK_BYTES);
    if (header.length === 0 || header.every((byte) => byte === 0)) {
      return { entries, isCut: false };
    }
    if (header.length < BLOCK_BYTES || !isHeader(header)) {
      throw new ArchiveError(
        entries.length === 0
          ? 'It does not begin as a tar does.'
          : 'It breaks off, or is damaged, in its midst.',
      );
    }
    const type = String.fromCharCode(header[156]!);
    const size = notes.size ?? numberIn(header, 124, 12);
    if ('xgLK'.includes(type)) {
      if (size > MAX_NOTE_BYTES) {
        throw new ArchiveError('What stands before one of its entries is too long.');
      }
      const note = await bytes.take(size);
      await bytes.skip(padding(size));
      notes = { ...notes, ...notesIn(type, note) };
      continue;
    }
    const isFile = type === '0' || type === '\0' || type === '7';
    entries.push({
      path: notes.path ?? pathIn(header),
      kind: type === '5' ? 'directory' : type === '1' || type === '2' ? 'link' : 'file',
      sizeBytes: isFile ? size : null,
      date: notes.date === undefined ? dateOf(numberIn(header, 136, 12)) : notes.date,
      content:
        isFile && isAddressable
          ? { offset: bytes.position, packedBytes: size, method: 'stored', crc32: null, hasZipHeader: false }
          : null,
    });
    notes = {};
    // Links and directories have no bytes, whatever their size says.
    await bytes.skip(isFile ? size + padding(size) : 0);
  }
  return { entries, isCut: true };
}

function padding(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** Whether the sum of its bytes is what it says, its own field counted as blanks. */
function isHeader(header: Uint8Array): boolean {
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  return sum === numberIn(header, 148, 8);
}

/** Octal digits, or what does not fit as a binary number behind a mark. */
function numberIn(header: Uint8Array, start: number, length: number): number {
  if ((header[start]! & 0x80) !== 0) {
    return header.subarray(start + 1, start + length).reduce((value, byte) => value * 256 + byte, 0);
  }
  const digits = textIn(header, start, length).trim();
  if (!/^[0-7]*$/.test(digits)) {
    throw new ArchiveError('It is damaged: one of its numbers is none.');
  }
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** Null for what is no time that a date can be. */
function dateOf(seconds: number): Date | null {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? null : date;
}

function pathIn(header: Uint8Array): string {
  const name = textIn(header, 0, 100);
  // GNU has other things where POSIX has what stands before the name.
  const isPosix = textIn(header, 257, 6) === 'ustar';
  const prefix = isPosix ? textIn(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textIn(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end === -1 ? field : field.subarray(0, end));
}

function notesIn(type: string, bytes: Uint8Array): Notes {
  // Those for all entries that follow, and targets of links, are nothing that is listed.
  if (type === 'g' || type === 'K') {
    return {};
  }
  if (type === 'L') {
    return { path: textIn(bytes, 0, bytes.length) };
  }
  const notes: Notes = {};
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(32, at);
    const length = Number(textIn(bytes, at, blank - at));
    if (blank === -1 || !Number.isInteger(length) || length <= 0) {
      break;
    }
    const record = new TextDecoder().decode(bytes.subarray(blank + 1, at + length - 1));
    const [key, value] = [record.slice(0, record.indexOf('=')), record.slice(record.indexOf('=') + 1)];
    if (key === 'path') {
      notes.path = value;
    } else if (key === 'size' && /^\d+$/.test(value)) {
      notes.size = Number(value);
    } else if (key === 'mtime') {
      notes.date = dateOf(Number(value));
    }
    at += length;
  }
  return notes;
}
