import type { PartDigests, Upload } from '@quarry/contract';
import { NotFoundError } from '../../errors.ts';
import { SMALLEST_UPLOAD_PART_BYTES } from '../../limits.ts';
import { FileHash } from './file-hash.ts';
import type { Source } from './source.ts';
import type { TusUploads } from './tus.ts';

/** Where the bytes that the platform has of an upload are not those of the file, in its parts; the whole file where it cannot tell. */
export async function wrongRanges(
  tus: TusUploads,
  upload: Upload,
  source: Source,
): Promise<{ start: number; end: number }[]> {
  const partBytes = isPowerOfTwo(upload.parts[0]!.sizeBytes)
    ? upload.parts[0]!.sizeBytes
    : SMALLEST_UPLOAD_PART_BYTES;
  await using hash = new FileHash(source);
  const wrong: { start: number; end: number }[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const page: PartDigests | null = await tus
      .partDigests(upload.id, partBytes, from)
      .catch((error: unknown) => {
        if (error instanceof NotFoundError) {
          return null;
        }
        throw error;
      });
    if (page === null) {
      return [{ start: 0, end: source.sizeBytes }];
    }
    for (const [index, theirs] of page.digests.entries()) {
      const start = from + index * partBytes;
      const end = Math.min(start + partBytes, source.sizeBytes);
      if ((await hash.digestOf(start, end)) === theirs) {
        continue;
      }
      const last = wrong.at(-1);
      if (last?.end === start) {
        last.end = end;
      } else {
        wrong.push({ start, end });
      }
    }
    from = page.nextStart;
  }
  return wrong;
}

function isPowerOfTwo(bytes: number): boolean {
  return bytes >= 64 * 1024 && Math.log2(bytes) % 1 === 0;
}
