/**
 * Bytes become a file when a row points to them. From before that write until it is durable whoever writes it holds the bytes,
 * so that the collector cannot take them in between; when the write fails, they go unless somebody else wants them.
 */
import type { HeldBlob } from '../storage/storage.ts';
import { type CollectOptions, collectBlob } from './lifetime.ts';

/** Does a write that makes rows point to held bytes, and lets go of them; when it fails, bytes that nobody wants go. */
export async function keepHeld<Result>(
  options: CollectOptions,
  held: readonly HeldBlob[],
  write: () => Promise<Result>,
): Promise<Result> {
  let result: Result;
  try {
    result = await write();
  } catch (error) {
    await giveUpHeld(options, held);
    throw error;
  }
  release(held);
  return result;
}

/** Gives up held bytes, as far as nobody else wants them. */
export async function giveUpHeld(options: CollectOptions, held: readonly HeldBlob[]): Promise<void> {
  release(held);
  const digests = new Set(held.map(({ sha512 }) => sha512));
  await Promise.all([...digests].map((sha512) => collectBlob(options, sha512)));
}

/** Lets go of bytes to which rows point, or that were there before. */
export function release(held: Iterable<HeldBlob>): void {
  for (const blob of held) {
    blob.release();
  }
}
