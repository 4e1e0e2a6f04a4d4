import { Readable } from 'node:stream';
import type { downloadFile } from '@quarry/contract';
import type { FileRow } from '../../db/tables.ts';
import { Refusal } from '../../errors.ts';
import { Answer, type Call, type Pieces } from '../../http/route.ts';
import { BlobMissingError, type Storage } from '../../storage/storage.ts';
import type { FilesContext } from './context.ts';
import { findVisibleFile } from './find-visible.ts';
import { failedPrecondition, rangeCounts, type Validators } from './preconditions.ts';
import { parseRange } from './range.ts';

/** The bytes of a file, whole or a range; for HEAD the same headers without them. */
export async function download(context: FilesContext, call: Call<typeof downloadFile>): Promise<Answer> {
  const file = await findVisibleFile(context.database, call.caller, call.params.fileId);
  const validators: Validators = {
    etag: `"${file.sha512}"`,
    lastModifiedSeconds: Math.floor(Date.parse(file.date_uploaded) / 1000),
  };
  const headers = {
    'accept-ranges': 'bytes',
    etag: validators.etag,
    'last-modified': new Date(validators.lastModifiedSeconds * 1000).toUTCString(),
  };
  const failed = failedPrecondition(call.headers, validators);
  if (failed === 304) return new Answer(304, headers, nothing(call.method));
  if (failed === 412) throw changed();

  const size = file.size_bytes;
  // RFC 9110, 14.2: a Range header has no meaning for any method but GET.
  const asked =
    call.method === 'GET' && rangeCounts(call.headers, validators) ? call.headers.range : undefined;
  const range = parseRange(asked, size);
  if (range === 'unsatisfiable') throw unsatisfiable(asked!, size);
  const part = range === 'whole' ? null : range;
  const length = part === null ? size : part.end - part.start + 1;
  const all = {
    ...headers,
    'content-type': 'application/octet-stream',
    'content-disposition': contentDisposition(file.name),
    'content-length': String(length),
    ...(part === null ? {} : { 'content-range': `bytes ${part.start}-${part.end}/${size}` }),
  };
  const isEmpty = call.method === 'HEAD' || length === 0;
  const bytes = isEmpty
    ? nothing(call.method)
    : await openPieces(context.storage, file, part?.start ?? 0, length);
  return new Answer(part === null ? 200 : 206, all, bytes);
}

/** No body; for HEAD an empty stream, because the length of anything else would replace that of the file. */
function nothing(method: string): Readable | null {
  return method === 'HEAD' ? Readable.from([]) : null;
}

async function openPieces(storage: Storage, file: FileRow, start: number, length: number): Promise<Pieces> {
  const reader = await whereBytesAre(file, () => storage.openReader(file.sha512));
  return {
    length,
    read: (into, position) => reader.read(into, start + position),
    close: () => reader.close(),
  };
}

/** Opens the bytes of a file. A row without bytes is damage, and the answer says who can mend it. */
export async function whereBytesAre<Opened>(file: FileRow, open: () => Promise<Opened>): Promise<Opened> {
  try {
    return await open();
  } catch (error) {
    if (hasNoHandleLeft(error)) throw tooManyOpen(error);
    if (!(error instanceof BlobMissingError)) throw error;
    throw new Refusal(
      500,
      {
        detail: `The bytes of file ${file.id} are missing from the storage of this platform.`,
        code: 'bytes_missing',
        hint: 'Whoever runs the platform can see with "quarry doctor" what else is damaged. Upload the file again if you have it.',
      },
      { cause: error },
    );
  }
}

function hasNoHandleLeft(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as { code?: string };
  return code === 'EMFILE' || code === 'ENFILE';
}

/** 503: as many files are open as the system allows this process. */
function tooManyOpen(cause: unknown): Refusal {
  const body = {
    detail: 'This platform has as many files open as its system allows, for downloads that are under way.',
    code: 'too_many_open_files',
    hint: 'Ask again in a few seconds. Whoever runs the platform can allow more (ulimit -n, LimitNOFILE).',
  };
  return new Refusal(503, body, { cause, headers: { 'retry-after': '5' } });
}

export function unsatisfiable(asked: string, size: number): Refusal {
  return new Refusal(
    416,
    {
      detail: `The range "${asked.slice(0, 100)}" begins behind the end of the file, which has ${size} bytes.`,
      code: 'range_not_satisfiable',
      hint: `Ask for bytes between 0 and ${size - 1}.`,
    },
    { headers: { 'content-range': `bytes */${size}`, 'accept-ranges': 'bytes' } },
  );
}

function changed(): Refusal {
  return new Refusal(412, {
    detail: 'The file is not the one that If-Match or If-Unmodified-Since names.',
    code: 'precondition_failed',
    hint: 'Read the file again without the condition; its ETag is its SHA-512.',
  });
}

/** RFC 6266: a name of plain characters for old clients, and the exact one in the encoding of RFC 8187. */
function contentDisposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const exact = encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}
