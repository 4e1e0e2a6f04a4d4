import type { PartDigests } from '@quarry/contract';
import type { CallOptions } from '../../call-options.ts';
import { formatQuery } from '../../path.ts';
import type { Transport } from '../../transport.ts';
import { sha512Hex } from './sha512.ts';

/** A stretch of a file in bytes, `end` excluded. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * The stretches of `partBytes` (a power of two) whose bytes here are not those of the platform, neighbours joined.
 * `path` is that of a file or of an upload.
 */
export async function differingRanges(
  transport: Transport,
  path: string,
  partBytes: number,
  read: (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>,
  call: CallOptions,
): Promise<ByteRange[]> {
  const ranges: ByteRange[] = [];
  for (let next: number | null = 0; next !== null; ) {
    const query = formatQuery({ partBytes, start: next });
    const page = (await transport.json({
      method: 'GET',
      path: `${path}part-digests/${query}`,
      ...call,
    })) as PartDigests;
    for (const [index, digest] of page.digests.entries()) {
      const start = page.start + index * page.partBytes;
      const end = Math.min(start + page.partBytes, page.sizeBytes);
      if ((await sha512Hex(await read(start, end))) === digest.toLowerCase()) {
        continue;
      }
      const last = ranges.at(-1);
      if (last?.end === start) {
        last.end = end;
      } else {
        ranges.push({ start, end });
      }
    }
    next = page.nextStart;
  }
  return ranges;
}
