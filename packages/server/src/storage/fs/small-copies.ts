import type { Holds } from '../holds.ts';
import type { HeldBlob } from '../storage.ts';
import { asStorageError } from './errors.ts';
import type { Packs } from './packs/packs.ts';
import type { SourceToCopy } from './take-over.ts';

/** So many bytes are kept in memory before they are written. */
export const SMALL_COPIES_BYTES = 16 * 1024 * 1024;

/** A file of a job whose bytes the store has read and compared, and of which it is to make a sealed blob. */
export interface SmallCopy {
  sha512: string;
  bytes: Uint8Array;
  source: SourceToCopy;
}

/** Makes sealed blobs of small files, which share the wait for the disk, and removes the files; passes the others on. */
export async function sealSmall(
  adopted: readonly PromiseSettledResult<HeldBlob | SmallCopy>[],
  { packs, holds }: { packs: Packs; holds: Holds },
): Promise<PromiseSettledResult<HeldBlob>[]> {
  const small = new Map(
    adopted.flatMap((result) =>
      result.status === 'fulfilled' && 'bytes' in result.value ? [[result.value.sha512, result.value]] : [],
    ),
  );
  const sealing = packs.receive([...small.values()].map(({ bytes }) => [bytes]));
  const seal = async (result: PromiseSettledResult<HeldBlob | SmallCopy>): Promise<HeldBlob> => {
    if (result.status === 'rejected') {
      throw result.reason;
    }
    if (!('bytes' in result.value)) {
      return result.value;
    }
    const { sha512, bytes, source } = result.value;
    await sealing;
    try {
      source.remove();
    } catch (error) {
      throw asStorageError(error, `taking over ${source.words}`);
    }
    return holds.hold({ sha512, sizeBytes: bytes.byteLength });
  };
  const results = await Promise.allSettled(adopted.map(seal));
  for (const blob of await sealing.catch(() => [])) {
    blob.release();
  }
  return results;
}

/** What small files take in memory until they are sealed. */
export function bytesOf(adopted: readonly PromiseSettledResult<HeldBlob | SmallCopy>[]): number {
  let bytes = 0;
  for (const result of adopted) {
    if (result.status === 'fulfilled' && 'bytes' in result.value) {
      bytes += result.value.bytes.byteLength;
    }
  }
  return bytes;
}
