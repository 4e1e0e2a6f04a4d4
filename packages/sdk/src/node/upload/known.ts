/** Asks a platform for bytes before they are sent: what it has already needs no sending. */
import type { AnnouncedFile, adoptKnownFiles, ResponseOf } from '@quarry/contract';
import type { Transport } from '../../transport.ts';

type Answers = ResponseOf<typeof adoptKnownFiles>['results'];

/**
 * Makes files of the digests that the platform knows, in the order asked: `file` is null where it does not. Without a
 * digest, `maybeKnown` tells whether hashing is worth it. One request; `MAX_BULK_FILES` of the contract at most.
 */
export async function adoptKnown(
  transport: Transport,
  files: AnnouncedFile[],
  signal: AbortSignal | undefined,
): Promise<Answers> {
  const call = transport.keyed(signal ? { signal } : {});
  const { results } = await transport.send<typeof adoptKnownFiles>('POST', '/api/v2/files/by-digest/', {
    body: { files },
    ...call,
  });
  return results;
}
