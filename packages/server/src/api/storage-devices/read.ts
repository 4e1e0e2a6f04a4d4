import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { readStorageFile } from '@quarry/contract';
import { digestField, wantsDigest } from '../../http/digest-fields.ts';
import { type Answer, type Call, route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import { answerPart, type OpenPart, openPart } from '../files/open-part.ts';
import type { DevicesContext } from './context.ts';
import { openContents } from './open-contents.ts';

/** Others are served in between. */
const HASHED_AT_ONCE_BYTES = 1024 * 1024;

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
  const part = openPart(method === 'GET' ? headers.range : undefined, sizeBytes);
  const { ino, ctimeNs } = await handle.stat({ bigint: true });
  const tag = createHash('sha256').update(`${ino}:${ctimeNs}:${sizeBytes}`).digest('hex').slice(0, 32);
  const read = async (into: Uint8Array, position: number) =>
    (await handle.read(into, 0, into.length, position)).bytesRead;
  const isDigested = wantsDigest(headers['want-content-digest']) && part.length <= LIMITS.contentDigestBytes;
  return await answerPart({ method }, part, {
    headers: {
      // Weak: a job may write within the tick of the clock.
      etag: `W/"${tag}"`,
      'last-modified': modifiedAt.toUTCString(),
      'content-disposition': 'attachment',
      ...(isDigested && { 'content-digest': digestField(await hashOf(read, part)) }),
    },
    read,
    close: () => handle.close(),
  });
}

/** The SHA-512 of so many bytes; of fewer where they end before. */
async function hashOf(
  read: (into: Uint8Array, position: number) => Promise<number>,
  { start, length }: Pick<OpenPart, 'start' | 'length'>,
): Promise<Buffer> {
  const hash = createHash('sha512');
  const buffer = Buffer.allocUnsafe(Math.min(length, HASHED_AT_ONCE_BYTES));
  for (let done = 0; done < length; ) {
    const count = await read(buffer.subarray(0, Math.min(buffer.length, length - done)), start + done);
    if (count === 0) {
      break;
    }
    hash.update(buffer.subarray(0, count));
    done += count;
  }
  return hash.digest();
}
