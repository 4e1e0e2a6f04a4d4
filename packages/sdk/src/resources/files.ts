import type {
  BodyFor,
  createFilesArchiveTicket,
  createFileTicket,
  createFileViewTicket,
  DeletedFiles,
  deleteFile,
  FileObject,
  FileUpdate,
  findInFile,
  getFile,
  getLineIndex,
  LineIndex,
  listFiles,
  MatchesInFile,
  QueryFor,
  readFileLines,
  Ticket,
  updateFile,
} from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import { downloadArchiveOfFiles, type FilesArchiveOptions } from '../lib/archive.ts';
import { type DownloadOptions, download } from '../lib/download.ts';
import { deleteFilesEach } from '../lib/each-of-many.ts';
import { type SavedFile, type SaveOptions, saveTo } from '../lib/transfers/save.ts';
import type { DownloadSink } from '../lib/transfers/sink.ts';
import { type SavedBlob, toBlob } from '../lib/transfers/to-blob.ts';
import { type UploadSource, upload } from '../lib/upload.ts';
import type { UploadOptions } from '../lib/upload-options.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

export class Files {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: QueryFor<typeof listFiles> = {}, call: CallOptions = {}): Listing<FileObject> {
    return this.#transport.list<typeof listFiles>('/api/v2/files/', { query, ...call });
  }

  /**
   * Uploads a blob, text, bytes or a stream. What is in memory or a `File`, and is 16 MiB or more, goes in parts side by
   * side where the platform takes those: resumed after broken connections and after the page was loaded anew, compared
   * by SHA-512, not sent at all when the platform has the bytes. Anything else is one request, never repeated by itself
   * after a `ConnectionError`. From a path on disk `uploadPath` of `@quarry/sdk/node` is faster.
   */
  upload(source: UploadSource, options: UploadOptions = {}): Promise<FileObject> {
    return upload(this.#transport, source, options);
  }

  /** Name, size in bytes, checksums and other facts. */
  get(fileId: string, call: CallOptions = {}): Promise<FileObject> {
    return this.#transport.send<typeof getFile>('GET', '/api/v2/files/:fileId/', {
      params: { fileId },
      ...call,
    });
  }

  update(fileId: string, changes: FileUpdate, call: CallOptions = {}): Promise<FileObject> {
    const input = { params: { fileId }, body: changes, ...call };
    return this.#transport.send<typeof updateFile>('PATCH', '/api/v2/files/:fileId/', input);
  }

  async delete(fileId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { fileId }, ...call };
    await this.#transport.send<typeof deleteFile>('DELETE', '/api/v2/files/:fileId/', input);
  }

  /**
   * Deletes many files, each by itself: `refused` says which could not be deleted, and why. In requests of 1,000 where
   * the platform takes them together, else one by one.
   */
  deleteMany(fileIds: readonly string[], call: CallOptions = {}): Promise<DeletedFiles> {
    return deleteFilesEach(this.#transport, fileIds, call);
  }

  /** The bytes, or a range of them, as a `Response` to be streamed; nothing verifies the digest here. */
  download(fileId: string, options: DownloadOptions = {}): Promise<Response> {
    return download(this.#transport, fileId, options);
  }

  /**
   * Several files, 500 at most, as one zip or tar that the platform writes while it is read; nothing verifies digests here.
   * An extension of Quarry servers, as are tickets.
   */
  archive(fileIds: readonly string[], options: FilesArchiveOptions = {}): Promise<Response> {
    return downloadArchiveOfFiles(this.#transport, fileIds, options);
  }

  /** An address that gives the bytes of a file without a key: to one GET, within a minute. For links in browsers. */
  ticket(fileId: string, call: CallOptions = {}): Promise<Ticket> {
    const input = { params: { fileId }, ...call };
    return this.#transport.send<typeof createFileTicket>('POST', '/api/v2/files/:fileId/ticket/', input);
  }

  /**
   * An address that shows a page, a picture or a text in a frame, shut off from everything else; its scripts run only when
   * told so. To one GET, within a minute.
   */
  viewTicket(fileId: string, options: { scripts?: boolean } & CallOptions = {}): Promise<Ticket> {
    const { scripts = false, ...call } = options;
    const input = { params: { fileId }, body: { scripts }, ...call };
    return this.#transport.send<typeof createFileViewTicket>(
      'POST',
      '/api/v2/files/:fileId/view/ticket/',
      input,
    );
  }

  /** The same for the archive of several files. */
  archiveTicket(
    fileIds: readonly string[],
    { format, ...call }: Omit<BodyFor<typeof createFilesArchiveTicket>, 'ids'> & CallOptions = {},
  ): Promise<Ticket> {
    const input = { body: { ids: [...fileIds], format }, ...call };
    return this.#transport.send<typeof createFilesArchiveTicket>(
      'POST',
      '/api/v2/files/archive/ticket/',
      input,
    );
  }

  /**
   * Downloads a file into a sink, such as `fileSink(handle)`: ranges side by side, each resumed after broken connections,
   * compared by SHA-512 and repaired. Memory stays at some 30 MiB. `IntegrityError` when the bytes stay wrong.
   */
  async saveTo(fileId: string, sink: DownloadSink, options: SaveOptions = {}): Promise<SavedFile> {
    const file = await this.get(fileId, options.signal ? { signal: options.signal } : {});
    return saveTo(this.#transport, file, sink, options);
  }

  /** The same into a blob, which lies on the browser's disk when it is large. */
  async toBlob(fileId: string, options: SaveOptions = {}): Promise<SavedBlob> {
    const file = await this.get(fileId, options.signal ? { signal: options.signal } : {});
    return toBlob(this.#transport, file, options);
  }

  /** The whole file as text. */
  async text(fileId: string, call: CallOptions = {}): Promise<string> {
    const response = await download(this.#transport, fileId, call);
    return response.text();
  }

  /**
   * Where in a file a text stands: matches, and in `next` where to go on. An extension of Quarry servers; `BadRequestError` for
   * what is no regular expression, or takes too long.
   */
  find(fileId: string, query: QueryFor<typeof findInFile>, call: CallOptions = {}): Promise<MatchesInFile> {
    const input = { params: { fileId }, query, ...call };
    return this.#transport.send<typeof findInFile>('GET', '/api/v2/files/:fileId/find/', input);
  }

  /**
   * Where the lines of a text file begin, each `every` of them (1000 where nothing is said): for who shows a part of it and numbers its
   * lines. An extension of Quarry servers.
   */
  lineIndex(
    fileId: string,
    { every, ...call }: QueryFor<typeof getLineIndex> & CallOptions = {},
  ): Promise<LineIndex> {
    const input = { params: { fileId }, query: { every }, ...call };
    return this.#transport.send<typeof getLineIndex>('GET', '/api/v2/files/:fileId/line-index/', input);
  }

  /** A text file as its lines, line ends kept; platforms refuse this for large files. */
  async lines(fileId: string, call: CallOptions = {}): Promise<string[]> {
    const input = { params: { fileId }, ...call };
    return (await this.#transport.send<typeof readFileLines>('GET', '/api/v2/files/:fileId/lines/', input))
      .lines;
  }
}
