import { getFilePartDigests, type PartDigests } from '@quarry/contract';
import { openBytes } from '../../files/open-bytes.ts';
import { findVisibleFile } from '../../files/visibility.ts';
import { type Call, route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import { invalidFields } from '../../problems.ts';
import type { PartDigester } from '../../storage/part-digests.ts';
import type { BlobReader } from '../../storage/storage.ts';
import type { FilesContext } from './context.ts';

const DEFAULT_PART_BYTES = 4 * 1024 * 1024;

type PartQuestion = Pick<Call<typeof getFilePartDigests>, 'query' | 'signal'>;

/** Digests of the parts of a file, to find where a copy differs. */
export const getPartDigests = (context: FilesContext) =>
  route(getFilePartDigests, async (call): Promise<PartDigests> => {
    const file = await findVisibleFile(context.database.read, call.caller, call.params.fileId);
    return await answerPartDigests(context, call, () => openBytes(context, file));
  });

/**
 * Digests of the parts that a request asks for, of any stored bytes. Opens and closes the reader. Refuses with 400 a
 * part size that is no power of two or larger than an answer covers, and a start between two parts.
 */
export async function answerPartDigests(
  { partDigester }: { partDigester: PartDigester },
  { query, signal }: PartQuestion,
  open: () => Promise<BlobReader>,
): Promise<PartDigests> {
  const { partBytes = DEFAULT_PART_BYTES, start = 0 } = query;
  refuseOddParts(partBytes, start);
  const reader = await open();
  try {
    const wanted = { partBytes, start, maxBytes: LIMITS.partDigestBytes };
    const made = await partDigester.digest(reader, wanted, signal);
    return { partBytes, start, sizeBytes: reader.sizeBytes, ...made };
  } finally {
    await reader.close();
  }
}

function refuseOddParts(partBytes: number, start: number): void {
  if (!Number.isInteger(Math.log2(partBytes))) {
    throw invalidFields({ partBytes: ['Must be a power of two, such as 1048576.'] });
  }
  if (partBytes > LIMITS.partDigestBytes) {
    throw invalidFields({
      partBytes: [`Ensure this value is less than or equal to ${LIMITS.partDigestBytes}.`],
    });
  }
  if (start % partBytes !== 0) {
    throw invalidFields({ start: [`Must be a multiple of partBytes, which is ${partBytes}.`] });
  }
}
