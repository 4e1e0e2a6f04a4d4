/**
 * Headers of tar entries whose names are bytes. The library that reads archives here writes names as text, and a job may
 * call its files what it likes: a snapshot of them must lead back to the same names.
 */
import { isUtf8 } from 'node:buffer';
import type { RawName } from '../files/raw-name.ts';

export const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
/** Eleven octal digits. */
const LARGEST_NUMBER = 8 ** 11 - 1;
const TYPES = { file: '0', link: '1', symlink: '2', directory: '5' } as const;
const PAX = 'x';

export interface TarEntry {
  kind: keyof typeof TYPES;
  /** Path below the root of the archive; a directory's without a slash at its end. */
  name: RawName;
  /** Permissions. */
  mode: number;
  modifiedSeconds: number;
  /** Of a file. */
  sizeBytes?: number;
  /** Of a link: where it leads; of a hard link a path like `name`. */
  target?: RawName;
}

/** The blocks before the bytes of an entry: its header, with one for what is too long for that before it. */
export function tarHeader(entry: TarEntry): Buffer {
  const name = (entry.kind === 'directory' ? `${entry.name}/` : entry.name) as RawName;
  const { target = '' as RawName, sizeBytes = 0 } = entry;
  const records: Array<[string, RawName]> = [];
  if (name.length > NAME_BYTES) {
    records.push(['path', name]);
  }
  if (target.length > NAME_BYTES) {
    records.push(['linkpath', target]);
  }
  if (sizeBytes > LARGEST_NUMBER) {
    records.push(['size', String(sizeBytes) as RawName]);
  }
  const header = block({ ...entry, name, target, sizeBytes, type: TYPES[entry.kind] });
  if (records.length === 0) {
    return header;
  }
  // POSIX has its records in UTF-8 unless they say otherwise.
  const isText = records.every(([, value]) => isUtf8(Buffer.from(value, 'latin1')));
  const charset: typeof records = isText ? [] : [['hdrcharset', 'BINARY' as RawName]];
  const body = Buffer.from([...charset, ...records].map(toRecord).join(''), 'latin1');
  const before = block({
    name: '@PaxHeader' as RawName,
    target: '' as RawName,
    mode: 0o644,
    modifiedSeconds: entry.modifiedSeconds,
    sizeBytes: body.length,
    type: PAX,
  });
  return Buffer.concat([before, body, padding(body.length), header]);
}

/** What fills the last block of so many bytes. */
export function padding(bytes: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES);
}

/** `length key=value\n`, where the length counts itself. */
function toRecord([key, value]: [string, RawName]): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) {
    length = String(length).length + rest.length;
  }
  return `${length}${rest}`;
}

type Header = Omit<TarEntry, 'kind'> & { type: string };

function block({ name, target = '' as RawName, mode, modifiedSeconds, sizeBytes = 0, type }: Header): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name.slice(0, NAME_BYTES), 0, 'latin1');
  header.write(octal(mode & 0o777, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(sizeBytes > LARGEST_NUMBER ? 0 : sizeBytes, 11), 124);
  header.write(octal(Math.min(Math.max(0, modifiedSeconds), LARGEST_NUMBER), 11), 136);
  header.write(' '.repeat(8), 148);
  header.write(type, 156);
  header.write(target.slice(0, NAME_BYTES), 157, 'latin1');
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
