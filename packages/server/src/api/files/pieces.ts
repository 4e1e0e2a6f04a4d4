import { Readable } from 'node:stream';
import type { FileWithOwner } from '../../db/queries/files-list.ts';
import { openBytes } from '../../files/open-bytes.ts';
import type { Pieces } from '../../http/route.ts';
import type { FilesContext } from './context.ts';

/** No body; for HEAD an empty stream, because the length of anything else would replace that of the file. */
export function nothing(method: string): Readable | null {
  return method === 'HEAD' ? Readable.from([]) : null;
}

/** So many bytes of a file from `start` on, as the body of an answer; for HEAD, or where there are none, none. */
export async function piecesOf(
  context: Pick<FilesContext, 'storage' | 'logger'>,
  file: FileWithOwner,
  { method, start, length }: { method: string; start: number; length: number },
): Promise<Pieces | Readable | null> {
  if (method === 'HEAD' || length === 0) {
    return nothing(method);
  }
  const reader = await openBytes(context, file);
  return {
    length,
    read: (into, position) => reader.read(into, start + position),
    close: () => reader.close(),
  };
}
