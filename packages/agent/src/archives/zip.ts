import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile, type ZipFileOptions } from 'yauzl';
import { inodeAt, openAgain } from '../files/door.ts';
import { LINK_TARGET_BYTES } from '../limits.ts';
import { decompress } from './decompress.ts';
import { broken, unsafe, unsupported } from './failure.ts';
import type { Compression } from './kind.ts';
import { type EntryName, nameOfBytes } from './name.ts';
import type { ArchiveWriter } from './writer.ts';
import { findZip, WindowReader, type ZipWindow } from './zip-window.ts';

const UNICODE_PATH_FIELD = 0x7075;
/** Its version and the check sum of the name that it was made for. */
const UNICODE_PATH_HEAD_BYTES = 5;
const KIND_MASK = 0o170000;
const [REGULAR, DIRECTORY, SYMBOLIC_LINK] = [0o100000, 0o040000, 0o120000];
const [MADE_BY_UNIX, MADE_BY_MACOS] = [3, 19];

/** Methods of compression by their numbers in the standard (APPNOTE, 4.4.5): those that the library leaves to us. */
const EXPANDED: ReadonlyMap<number, Compression> = new Map([
  [12, 'bzip2'],
  [93, 'zstd'],
  [95, 'xz'],
]);
const [STORED, DEFLATED] = [0, 8];
/** Those that nothing here can undo. */
const METHOD_NAMES: Readonly<Record<number, string>> = {
  ...{ 1: 'Shrink', 2: 'Reduce', 3: 'Reduce', 4: 'Reduce', 5: 'Reduce', 6: 'Implode', 9: 'Deflate64' },
  ...{ 14: 'LZMA', 96: 'JPEG', 97: 'WavPack', 98: 'PPMd' },
};

const OPTIONS = { decodeStrings: false, validateEntrySizes: true };

/** Unpacks a zip archive, wherever it lies in the file; false where there is none. Names and check sums are checked by us, sizes by the library. */
export async function unpackZip(
  archive: string,
  { fd, head, note }: { fd: number; head: Buffer; note: (text: string) => void },
  writer: ArchiveWriter,
): Promise<boolean> {
  const window = findZip(fd);
  if (window === null && !head.toString('latin1').startsWith('PK\x03\x04')) {
    return false;
  }
  const isWhole = window === null || window.end - window.start === window.sizeBytes;
  if (!isWhole) {
    const [before, behind] = [window.start, window.sizeBytes - window.end];
    note(`${archive}: ${before} bytes before the archive in it and ${behind} behind it were left out.`);
  }
  const zip = isWhole ? await yauzl.openPromise(inodeAt(fd), OPTIONS) : await openWindow(fd, window);
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entryName(entry);
      if (entry.isEncrypted()) {
        throw unsupported(
          archive,
          `its entry ${JSON.stringify(name.text)} is encrypted`,
          'Pack it again without a password',
        );
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
  return true;
}

async function openWindow(fd: number, window: ZipWindow): Promise<ZipFile> {
  const reader = new WindowReader(openAgain(fd), window);
  try {
    return await yauzl.fromRandomAccessReaderPromise(reader, window.end - window.start, OPTIONS);
  } catch (error) {
    reader.close(() => undefined);
    throw error;
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
  let [sum, bytes] = [0, 0];
  for await (const chunk of await openContent(archive, name, zip, entry)) {
    sum = crc32(chunk, sum);
    bytes += chunk.length;
    yield chunk;
  }
  if (sum !== entry.crc32 || bytes !== entry.uncompressedSize) {
    throw broken(archive, `the check sum of its entry ${JSON.stringify(name)} does not match`);
  }
}

async function openContent(
  archive: string,
  name: string,
  zip: ZipFile,
  entry: Entry,
): Promise<AsyncIterable<Buffer>> {
  const method = entry.compressionMethod;
  const compression = EXPANDED.get(method);
  if (compression === undefined && method !== STORED && method !== DEFLATED) {
    throw unsupported(
      archive,
      `its entry ${JSON.stringify(name)} is compressed by ${METHOD_NAMES[method] ?? `method ${method}`}, which is not undone here`,
      `${method === 9 ? 'The Explorer of Windows does that with files above 2 GB. ' : ''}Pack it again with the method Deflate (7-Zip: -mm=Deflate) or as .tar.gz`,
    );
  }
  const content = await zip.openReadStreamPromise(
    entry,
    compression === undefined ? {} : ({ decodeFileData: false } as ZipFileOptions),
  );
  // One that is left before its end may still fail.
  content.on('error', () => undefined);
  return compression === undefined ? content : decompress(content, compression);
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
