import { Readable } from 'node:stream';
import type { ArchiveFormat } from '@quarry/contract';
import { type ArchiveContext, type ArchiveEntry, archiveOf, lengthOfZip } from '../../files/archive.ts';
import { Answer } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import { attachmentNamed } from '../files/attachment.ts';

/** An archive that is written while it is sent; of a zip of files that are few enough the length is told before. */
export async function archiveAnswer(
  context: ArchiveContext,
  { method, format, name }: { method: string; format: ArchiveFormat; name: string },
  entries: AsyncIterable<ArchiveEntry>,
): Promise<Answer> {
  const reading = entries[Symbol.asyncIterator]();
  const known: ArchiveEntry[] = [];
  let isAll = false;
  while (!isAll && known.length <= LIMITS.archiveKnownFiles) {
    const next = await reading.next();
    isAll = next.done === true;
    if (!next.done) {
      known.push(next.value);
    }
  }
  const headers = {
    // As all files are sent; programs that make clients from the document know no other type of bytes.
    'content-type': 'application/octet-stream',
    'content-disposition': attachmentNamed(`${name}.${format}`),
    'accept-ranges': 'none',
    'cache-control': 'no-store',
    ...(isAll && format === 'zip' ? { 'content-length': String(lengthOfZip(known)) } : {}),
  };
  if (method === 'HEAD') {
    return new Answer(200, headers, Readable.from([]));
  }
  return new Answer(200, headers, archiveOf(context, format, isAll ? known : following(known, reading)));
}

async function* following(known: readonly ArchiveEntry[], rest: AsyncIterator<ArchiveEntry>) {
  yield* known;
  yield* { [Symbol.asyncIterator]: () => rest };
}
