/** Many files as one zip archive, for platforms whose jobs unpack what they are given. */

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { extname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { deferred } from '../../deferred.ts';
import { LocalFileError, QuarryError } from '../../errors.ts';
import { ARCHIVE_ENTRIES } from '../../limits.ts';
import { localError, readingError } from '../local-file-error.ts';
import { type SelectOptions, selectFiles } from './select-files.ts';

/** Kinds of files that deflate makes no smaller. */
const COMPRESSED = new Set(
  '.zip .gz .tgz .bz2 .tbz2 .xz .txz .zst .lz4 .7z .rar .jar .png .jpg .jpeg .gif .webp .mp4 .webm .mkv .mov .mp3 .ogg .docx .xlsx .pptx'.split(
    ' ',
  ),
);

/** As yazl names what it was promised and did not get. */
const SIZE_CHANGED = /unexpected number of bytes/;

export interface Archive {
  sizeBytes: number;
  sha512: string;
}

/**
 * Writes the files that `paths` stand for into a new archive, in constant memory; entries of a directory begin with its
 * own name. The same files make the same bytes, so that an upload of the archive can be resumed by its digest. Modes and
 * times are kept, empty directories too. `LocalFileError` for what cannot be read or written, or changes meanwhile.
 */
export async function writeArchive(
  paths: readonly string[],
  target: string,
  options: SelectOptions = {},
): Promise<Archive> {
  const { files, directories } = await selectFiles(paths, options);
  if (files.length + directories.length > ARCHIVE_ENTRIES) {
    throw new QuarryError(`An archive of ${files.length + directories.length} files is too large.`, {
      hint: `Pack at most ${ARCHIVE_ENTRIES} into one.`,
    });
  }
  refuseTwins(files);
  const zip = new ZipFile();
  const failed = deferred<never>();
  failed.promise.catch(() => {});
  let current = '';
  zip.on('error', (error: Error) => failed.reject(explained(error, current)));
  for (const { archivePath, mode, modified } of directories) {
    zip.addEmptyDirectory(archivePath, { mode, mtime: modified });
  }
  for (const { path, archivePath, sizeBytes, mode, modified } of files) {
    const compress = !COMPRESSED.has(extname(path).toLowerCase());
    zip.addReadStreamLazy(archivePath, { mode, mtime: modified, size: sizeBytes, compress }, (give) => {
      current = path;
      const stream = createReadStream(path);
      stream.on('error', (error) => failed.reject(readingError(error, path)));
      give(null, stream);
    });
  }
  zip.end();

  const hash = createHash('sha512');
  let sizeBytes = 0;
  const hashing = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
      done(null, chunk);
    },
  });
  const cut = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, cut.signal]) : cut.signal;
  const written = pipeline(
    zip.outputStream,
    hashing,
    createWriteStream(target, { flags: 'wx', mode: 0o600 }),
    {
      signal,
    },
  );
  try {
    await Promise.race([written, failed.promise]);
  } catch (error) {
    cut.abort();
    await written.catch(() => {});
    throw options.signal?.aborted ? options.signal.reason : localError(error, target);
  }
  return { sizeBytes, sha512: hash.digest('hex') };
}

function refuseTwins(files: readonly { path: string; archivePath: string }[]): void {
  const byName = new Map<string, string>();
  for (const { path, archivePath } of files) {
    const other = byName.get(archivePath);
    if (other !== undefined) {
      throw new QuarryError(`${other} and ${path} would both be ${archivePath} in the archive.`, {
        hint: 'Rename one of them, or pack them into two archives.',
      });
    }
    byName.set(archivePath, path);
  }
}

function explained(error: Error, path: string): Error {
  if (!SIZE_CHANGED.test(error.message)) {
    return error;
  }
  return new LocalFileError('failed', `${path} was written to while it was packed.`, {
    cause: error,
    hint: 'Pack it again once nothing writes to it.',
  });
}
