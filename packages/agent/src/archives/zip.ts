import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry } from 'yauzl';
import { LINK_TARGET_BYTES } from '../limits.ts';
import { broken, unsafe } from './failure.ts';
import type { ArchiveWriter } from './writer.ts';

const UTF8_FLAG = 0x800;
const UNICODE_PATH_FIELD = 0x7075;
const KIND_MASK = 0o170000;
const [REGULAR, DIRECTORY, SYMBOLIC_LINK] = [0o100000, 0o040000, 0o120000];
const MADE_BY_UNIX = 3;

/** Whether a file begins as zip archives do; an archive without entries begins with its end. */
export function isZip(head: Buffer): boolean {
  return ['PK\x03\x04', 'PK\x05\x06'].includes(head.toString('latin1', 0, 4));
}

/** Unpacks a zip archive; names are decoded and checked by us, sizes by the library, check sums by us. */
export async function unpackZip(archive: string, path: string, writer: ArchiveWriter): Promise<void> {
  const zip = await yauzl.openPromise(path, { decodeStrings: false, validateEntrySizes: true });
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entryName(entry);
      if (entry.isEncrypted()) {
        throw broken(archive, `its entry ${JSON.stringify(name)} is encrypted`);
      }
      const kind = entryKind(entry, name);
      if (kind === DIRECTORY) {
        writer.directory(name);
        continue;
      }
      if (kind !== REGULAR && kind !== SYMBOLIC_LINK) {
        throw unsafe(archive, name, 'is neither a file, a directory nor a link');
      }
      const content = checked(archive, name, entry, await zip.openReadStreamPromise(entry));
      if (kind === REGULAR) {
        await writer.file(name, content, entry.getLastModDate());
      } else {
        writer.symbolicLink(name, await readTarget(archive, name, content));
      }
    }
  } finally {
    zip.close();
  }
}

/** Unix tools often write UTF-8 without saying so; text in the old DOS encoding is hardly ever valid UTF-8. */
function entryName(entry: Entry): string {
  const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
  const saysUnicode =
    (generalPurposeBitFlag & UTF8_FLAG) !== 0 || extraFields.some(({ id }) => id === UNICODE_PATH_FIELD);
  const flags =
    !saysUnicode && isUtf8(fileNameRaw) ? generalPurposeBitFlag | UTF8_FLAG : generalPurposeBitFlag;
  return yauzl.getFileNameLowLevel(flags, fileNameRaw, extraFields, false);
}

function entryKind(entry: Entry, name: string): number {
  const mode = entry.versionMadeBy >>> 8 === MADE_BY_UNIX ? entry.externalFileAttributes >>> 16 : 0;
  const kind = mode & KIND_MASK;
  if (kind !== 0 && kind !== REGULAR) {
    return kind;
  }
  return name.endsWith('/') ? DIRECTORY! : REGULAR!;
}

async function* checked(
  archive: string,
  name: string,
  entry: Entry,
  content: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  let sum = 0;
  for await (const chunk of content) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum !== entry.crc32) {
    throw broken(archive, `the check sum of its entry ${JSON.stringify(name)} does not match`);
  }
}

async function readTarget(archive: string, name: string, content: AsyncIterable<Buffer>): Promise<string> {
  let target = '';
  for await (const chunk of content) {
    target += chunk.toString('utf8');
    if (target.length > LINK_TARGET_BYTES) {
      throw unsafe(archive, name, 'is a link with an endless target');
    }
  }
  return target;
}
