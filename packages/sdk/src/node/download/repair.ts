import type { PartDigests } from '@quarry/contract';
import { NotFoundError } from '../../errors.ts';
import type { PartialFile } from './partial-file.ts';
import type { Source } from './source.ts';
import { type Stretch, Stretches } from './stretches.ts';
import type { TransferContext } from './transfer-context.ts';

/** Where our bytes differ from those at the server, by the digests of its parts; null where it tells none. */
export async function findDamage(
  source: Source,
  partial: PartialFile,
  sizeBytes: number,
  { hashes, signal }: TransferContext,
): Promise<Stretch[] | null> {
  const damage = new Stretches();
  let start: number | null = 0;
  while (start !== null && start < sizeBytes) {
    const theirs: PartDigests | null = await source.partDigests(start, signal).catch((error: unknown) => {
      if (error instanceof NotFoundError) {
        return null;
      }
      throw error;
    });
    if (theirs === null || theirs.digests.length === 0 || theirs.sizeBytes !== sizeBytes) {
      return null;
    }
    const { partBytes, digests } = theirs;
    const from = theirs.start;
    const end = Math.min(from + digests.length * partBytes, sizeBytes);
    const ours = await hashes.digestsOf(partial.handle.fd, from, end, partBytes);
    for (const [index, digest] of ours.entries()) {
      const at = from + index * partBytes;
      if (digest !== digests[index]) {
        damage.add(at, Math.min(at + partBytes, end));
      }
    }
    start = theirs.nextStart;
  }
  return damage.list();
}
