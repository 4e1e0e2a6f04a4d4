import type { Deliverer } from '../../deliveries/deliveries.ts';
import type { Call } from '../../http/route.ts';
import { storageFull } from '../../problems.ts';
import { StorageFullError } from '../../storage/storage.ts';
import { drain } from '../files/drain.ts';
import { bodyBytes } from '../uploads/body-bytes.ts';
import { delivererOf } from './deliverer.ts';

/** Takes in the body of a request by which an agent brings something; a refusal is answered when the body has been read. */
export async function takingIn<Result>(
  { caller, params, stream, signal }: Pick<Call, 'caller' | 'params' | 'stream' | 'signal'>,
  take: (by: Deliverer, bytes: AsyncIterable<Uint8Array>) => Promise<Result>,
): Promise<Result> {
  const by = delivererOf(caller, (params as { clusterId: string }).clusterId);
  try {
    return await take(
      by,
      bodyBytes(stream, (reason) => stream.destroy(reason)),
    );
  } catch (error) {
    if (!signal.aborted) {
      await drain(stream);
    }
    throw error instanceof StorageFullError ? storageFull(error) : error;
  }
}
