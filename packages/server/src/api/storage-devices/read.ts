import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { readStorageFile } from '@quarry/contract';
import { unsatisfiableRange } from '../../http/http-problems.ts';
import { Answer, type Call, route } from '../../http/route.ts';
import { parseRange } from '../files/range.ts';
import type { DevicesContext } from './context.ts';
import { openContents } from './open-contents.ts';

export const read = (context: DevicesContext) =>
  route(readStorageFile, async (call) => {
    using contents = (await openContents(context, call)).contents;
    const file = await contents.open(call.params['*']);
    try {
      return await bytesOf(call, file);
    } catch (error) {
      await file.handle.close();
      throw error;
    }
  });

/** The bytes, whole or a range. A job may change the file while they are sent: they end where it ended when it was asked for. */
async function bytesOf(
  { method, headers }: Pick<Call, 'method' | 'headers'>,
  { handle, sizeBytes, modifiedAt }: { handle: FileHandle; sizeBytes: number; modifiedAt: Date },
): Promise<Answer> {
  const range = parseRange(method === 'GET' ? headers.range : undefined, sizeBytes);
  if (range === 'unsatisfiable') {
    throw unsatisfiableRange(headers.range!, sizeBytes);
  }
  const part = range === 'whole' ? null : range;
  const start = part?.start ?? 0;
  const length = part === null ? sizeBytes : part.end - part.start + 1;
  const { ino, ctimeNs } = await handle.stat({ bigint: true });
  const tag = createHash('sha256').update(`${ino}:${ctimeNs}:${sizeBytes}`).digest('hex').slice(0, 32);
  const all = {
    'accept-ranges': 'bytes',
    // Weak: a job may write within the tick of the clock.
    etag: `W/"${tag}"`,
    'last-modified': modifiedAt.toUTCString(),
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment',
    'content-length': String(length),
    ...(part === null ? {} : { 'content-range': `bytes ${part.start}-${part.end}/${sizeBytes}` }),
  };
  const status = part === null ? 200 : 206;
  if (method === 'HEAD' || length === 0) {
    await handle.close();
    return new Answer(status, all, method === 'HEAD' ? Readable.from([]) : '');
  }
  return new Answer(status, all, {
    length,
    read: async (into, position) => (await handle.read(into, 0, into.length, start + position)).bytesRead,
    close: () => handle.close(),
  });
}
