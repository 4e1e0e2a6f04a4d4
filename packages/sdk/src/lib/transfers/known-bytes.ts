import type { adoptKnownFiles, FileObject } from '@quarry/contract';
import type { CallOptions } from '../../call-options.ts';
import type { Transport } from '../../transport.ts';
import type { Announced } from './fingerprint.ts';
import { sha512OfBlob } from './sha512.ts';

/**
 * Makes the file of bytes that the platform has already, so that they need not travel. The blob is hashed only when a
 * file of its size is there; `sha512` is null when it was not. `file` is null when the bytes must be sent.
 */
export async function adoptKnown(
  transport: Transport,
  blob: Blob,
  { name, typeId }: Announced,
  call: CallOptions,
): Promise<{ file: FileObject | null; sha512: string | null }> {
  const announced = { name, sizeBytes: blob.size, ...(typeId === undefined ? {} : { typeId }) };
  const ask = async (facts: typeof announced & { sha512?: string }, keyed: CallOptions) => {
    const input = { body: { files: [facts] }, ...keyed };
    const answer = await transport.send<typeof adoptKnownFiles>('POST', '/api/v2/files/by-digest/', input);
    return answer.results[0];
  };
  if (!(await ask(announced, call))?.maybeKnown) {
    return { file: null, sha512: null };
  }
  const sha512 = await sha512OfBlob(blob, call.signal);
  const known = await ask({ ...announced, sha512 }, transport.keyed(call));
  return { file: known?.file ?? null, sha512 };
}
