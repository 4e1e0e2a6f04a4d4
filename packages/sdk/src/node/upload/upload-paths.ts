import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { FileObject } from '@quarry/contract';
import type { Quarry } from '../../client.ts';
import { LocalFileError } from '../../errors.ts';
import type { OnTransferEvent, TransferEvent } from '../../lib/transfer-events.ts';
import { BULK_FILE_BYTES, RESUMABLE_FROM_BYTES, SMALL_FILE_REQUESTS } from '../../limits.ts';
import { writeArchive } from './archive.ts';
import { type SelectedFile, selectFiles } from './select-files.ts';
import type { UploadPathOptions } from './sending.ts';
import { batchesOf, type SmallFilesOptions, sendSmallFiles } from './small-files.ts';
import { sendPath } from './upload-path.ts';

export interface UploadPathsOptions extends Omit<UploadPathOptions, 'name' | 'idempotencyKey'> {
  /** Packs everything into one zip archive and uploads that, under this name if it is one. */
  zip?: boolean | string;
  /** Patterns of what is taken from directories, everything when absent; see `selector`. */
  include?: readonly string[];
  /** Patterns of what is left out. */
  exclude?: readonly string[];
  /** Told of what in a directory is nothing to upload: a dead link, a circle of links, a socket, a name that is not UTF-8; without it, such are refused. */
  onLeftOut?: (error: LocalFileError) => void;
  /** Told once how many files and bytes there are, before the first one is sent; not of an archive. */
  onListed?: (listed: { files: number; bytes: number }) => void;
  /** Told of each file as soon as the platform has it. */
  onFile?: (uploaded: UploadedFile) => void;
  /** With it, a file that fails keeps no other from being uploaded; without it, the first failure ends everything. */
  onFailure?: (path: string, error: unknown) => void;
}

export interface UploadedFile {
  /** On this machine. */
  path: string;
  /** Below the directory that was given; the name alone of a file that was given itself, and of an archive. */
  relativePath: string;
  file: FileObject;
}

/**
 * Uploads files and all that lies in directories, in their order; all of it is looked at before the first byte is sent.
 * Files keep their own name, without directories; `zip` keeps those. Many small files share requests where the platform
 * can do that, large ones go as with `uploadPath`, and what the platform has already is not sent. `onProgress` counts
 * all files together.
 */
export async function uploadPaths(
  platform: Quarry,
  paths: readonly string[],
  options: UploadPathsOptions = {},
): Promise<UploadedFile[]> {
  options.signal?.throwIfAborted();
  if (options.zip !== undefined && options.zip !== false) {
    return [await uploadArchive(platform, paths, options)];
  }
  const { files } = await selectFiles(paths, options);
  const upload = new PathsUpload(platform, files, options);
  await upload.run();
  return upload.uploaded();
}

class PathsUpload {
  readonly #platform: Quarry;
  readonly #files: readonly SelectedFile[];
  readonly #options: UploadPathsOptions;
  readonly #results = new Map<SelectedFile, UploadedFile>();
  readonly #cut = new AbortController();
  readonly #signal: AbortSignal;
  readonly #transferred = new Map<string, number>();
  #transferredBytes = 0;
  readonly #totalBytes: number;

  constructor(platform: Quarry, files: readonly SelectedFile[], options: UploadPathsOptions) {
    this.#platform = platform;
    this.#files = files;
    this.#options = options;
    this.#signal = options.signal ? AbortSignal.any([options.signal, this.#cut.signal]) : this.#cut.signal;
    this.#totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  uploaded(): UploadedFile[] {
    return this.#files.flatMap((file) => this.#results.get(file) ?? []);
  }

  async run(): Promise<void> {
    const { transport } = this.#platform;
    this.#options.onListed?.({ files: this.#files.length, bytes: this.#totalBytes });
    const small = this.#files.filter(({ sizeBytes }) => sizeBytes <= BULK_FILE_BYTES);
    const features = small.length > 1 ? await transport.features({ signal: this.#signal }) : new Set();
    const isBulk = features.has('bulk-uploads');
    const batches = isBulk ? batchesOf(small) : [];
    const single = isBulk ? this.#files.filter(({ sizeBytes }) => sizeBytes > BULK_FILE_BYTES) : this.#files;
    const isLarge = ({ sizeBytes }: SelectedFile) => sizeBytes >= RESUMABLE_FROM_BYTES;
    const works = [
      ...batches.map((batch) => () => this.#batch(batch, features.has('known-files'))),
      ...single.filter((file) => !isLarge(file)).map((file) => () => this.#one(file)),
    ];
    await this.#together(works, SMALL_FILE_REQUESTS);
    // A large file has several streams of its own.
    await this.#together(
      single.filter(isLarge).map((file) => () => this.#one(file)),
      1,
    );
  }

  async #batch(batch: readonly SelectedFile[], asksForKnown: boolean): Promise<void> {
    const { typeId, skipKnown = true } = this.#options;
    const options: SmallFilesOptions = {
      typeId,
      signal: this.#signal,
      asksForKnown: asksForKnown && skipKnown,
      onEvent: this.#onEvent,
      onFile: (selected, file) => this.#done(selected, file),
      onFailure: (selected, error) => this.#failed(selected, error),
      sendAlone: (selected) => this.#one(selected),
    };
    await sendSmallFiles(this.#platform.transport, batch, options);
  }

  async #one(selected: SelectedFile): Promise<void> {
    const { typeId, streams, maxStreams, resume, skipKnown } = this.#options;
    try {
      const file = await sendPath(this.#platform, selected.path, {
        ...(typeId !== undefined && { typeId }),
        ...(streams !== undefined && { streams }),
        ...(maxStreams !== undefined && { maxStreams }),
        ...(resume !== undefined && { resume }),
        ...(skipKnown !== undefined && { skipKnown }),
        signal: this.#signal,
        onEvent: this.#onEvent,
      });
      this.#done(selected, file);
    } catch (error) {
      this.#failed(selected, error);
    }
  }

  #done(selected: SelectedFile, file: FileObject): void {
    const { path, relativePath } = selected;
    const uploaded = { path, relativePath, file };
    this.#results.set(selected, uploaded);
    this.#options.onFile?.(uploaded);
  }

  #failed({ path }: SelectedFile, error: unknown): void {
    this.#options.signal?.throwIfAborted();
    const { onFailure } = this.#options;
    if (onFailure === undefined || this.#cut.signal.aborted) {
      throw error;
    }
    onFailure(path, error);
  }

  /** Runs so many at once; the first that rejects ends the others. */
  async #together(works: readonly (() => Promise<void>)[], atOnce: number): Promise<void> {
    let next = 0;
    const lane = async () => {
      try {
        while (next < works.length) {
          this.#signal.throwIfAborted();
          await works[next++]!();
        }
      } catch (error) {
        this.#cut.abort(error);
        throw error;
      }
    };
    const lanes = Array.from({ length: Math.min(atOnce, works.length) }, lane);
    await Promise.allSettled(lanes);
    this.#signal.throwIfAborted();
  }

  readonly #onEvent: OnTransferEvent = (event: TransferEvent) => {
    this.#options.onEvent?.(event);
    if (event.type === 'progress') {
      this.#count(event.path, event.transferredBytes);
    }
    if (event.type === 'skip' || event.type === 'done') {
      this.#count(event.path, event.sizeBytes);
    }
  };

  #count(path: string, transferredBytes: number): void {
    this.#transferredBytes += transferredBytes - (this.#transferred.get(path) ?? 0);
    this.#transferred.set(path, transferredBytes);
    this.#options.onProgress?.({ transferredBytes: this.#transferredBytes, totalBytes: this.#totalBytes });
  }
}

/**
 * The archive is written to the directory for temporary files first: only what can be read again can be resumed, and
 * platforms want to know its size. Made anew after a crash it has the same bytes, and its upload goes on.
 */
async function uploadArchive(
  platform: Quarry,
  paths: readonly string[],
  { zip, onFile, include, exclude, onLeftOut, onFailure: _, onListed: __, ...options }: UploadPathsOptions,
): Promise<UploadedFile> {
  const name = typeof zip === 'string' ? zip : archiveName(paths);
  const directory = await mkdtemp(join(tmpdir(), 'quarry-archive-'));
  try {
    const path = join(directory, 'archive.zip');
    const { sha512 } = await writeArchive(paths, path, {
      ...(include && { include }),
      ...(exclude && { exclude }),
      onLeftOut,
      signal: options.signal,
    }).catch((error: unknown) => {
      throw withRoomElsewhere(error);
    });
    const file = await sendPath(platform, path, { ...options, name }, { sha512, shownAs: name });
    const uploaded = { path: name, relativePath: name, file };
    onFile?.(uploaded);
    return uploaded;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Nobody chose the directory for temporary files: when it is full, say how another one is chosen. */
function withRoomElsewhere(error: unknown): unknown {
  if (!(error instanceof LocalFileError) || error.problem !== 'disk_full') {
    return error;
  }
  return new LocalFileError('disk_full', error.message, {
    cause: error.cause,
    hint: 'The archive is made in the directory for temporary files: free some space there, or set TMPDIR to another one.',
  });
}

function archiveName(paths: readonly string[]): string {
  const own = paths.length === 1 ? basename(resolve(paths[0]!)) : '';
  return `${own || 'files'}.zip`;
}
