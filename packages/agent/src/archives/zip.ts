import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { LINK_TARGET_BYTES } from '../limits.ts';
import { broken, unsafe } from './failure.ts';
import { type EntryName, nameOfBytes } from './name.ts';
import type { ArchiveWriter } from './writer.ts';

const UNICODE_PATH_FIELD = 0x7075;
/** Its version and the check sum of the name that it was made for. */
const UNICODE_PATH_HEAD_BYTES = 5;
const KIND_MASK = 0o170000;
const [REGULAR, DIRECTORY, SYMBOLIC_LINK] = [0o100000, 0o040000, 0o120000];
const [MADE_BY_UNIX, MADE_BY_MACOS] = [3, 19];

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
        throw broken(archive, `its entry ${JSON.stringify(name.text)} is encrypted`);
      }
      const kind = entryKind(entry, name.text);
      if (kind === DIRECTORY) {
        writer.directory(name);
        continue;
      }
      if (kind !== REGULAR && kind !== SYMBOLIC_LINK) {
        throw unsafe(archive, name.text, 'is neither a file, a directory nor a link');
      }
      const content = contentOf(archive, name.text, zip, entry);
      if (kind === REGULAR) {
        await writer.file(name, content, entry.getLastModDate());
      } else {
        writer.symbolicLink(name, await readTarget(archive, name.text, content));
      }
    }
  } finally {
    zip.close();
  }
}

/**
 * Tools often write UTF-8 without saying so; text in the old DOS encoding, which is meant where nothing is said, is
 * hardly ever valid UTF-8. What is said to be UTF-8 and is none can only be a mistake about the same.
 */
function entryName(entry: Entry): EntryName {
  const raw = unicodePath(entry) ?? entry.fileNameRaw;
  const name: EntryName = isUtf8(raw)
    ? { text: raw.toString('utf8'), bytes: raw.toString('latin1'), guessed: null }
    : {
        text: yauzl.getFileNameLowLevel(0, raw, [], true),
        bytes: raw.toString('latin1'),
        guessed: 'DOS code page 437',
      };
  if (isOfUnix(entry)) {
    return name;
  }
  // Programs of Windows have written directories with backslashes, against the standard.
  return { ...name, text: name.text.replaceAll('\\', '/'), bytes: name.bytes.replaceAll('\\', '/') };
}

/** The extra field of Info-ZIP with the name in UTF-8; it counts only for the name that it was made for. */
function unicodePath({ fileNameRaw, extraFields }: Entry): Buffer | null {
  const data = extraFields.find(({ id }) => id === UNICODE_PATH_FIELD)?.data;
  if (data === undefined || data.length <= UNICODE_PATH_HEAD_BYTES || data[0] !== 1) {
    return null;
  }
  const path = data.subarray(UNICODE_PATH_HEAD_BYTES);
  return data.readUInt32LE(1) === crc32(fileNameRaw) && isUtf8(path) ? path : null;
}

function isOfUnix({ versionMadeBy }: Entry): boolean {
  return [MADE_BY_UNIX, MADE_BY_MACOS].includes(versionMadeBy >>> 8);
}

function entryKind(entry: Entry, name: string): number {
  const mode = isOfUnix(entry) ? entry.externalFileAttributes >>> 16 : 0;
  const kind = mode & KIND_MASK;
  if (kind !== 0 && kind !== REGULAR) {
    return kind;
  }
  return name.endsWith('/') ? DIRECTORY! : REGULAR!;
}

/** Opened by whoever reads it: the failure of a stream that nobody reads would be nobody's, and end the agent. */
async function* contentOf(archive: string, name: string, zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  const content = await zip.openReadStreamPromise(entry);
  // One that is left before its end may still fail.
  content.on('error', () => undefined);
  let sum = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
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
    target += chunk.toString('latin1');
    if (target.length > LINK_TARGET_BYTES) {
      throw unsafe(archive, name, 'is a link with an endless target');
    }
  }
  return nameOfBytes(target).text;
}
