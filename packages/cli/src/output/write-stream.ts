import { once } from 'node:events';
import type { Io } from '../io.ts';

/** Writes bytes to standard output as they come, no faster than they are read there. */
export async function writeStream(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  for await (const bytes of pieces) {
    if (!io.writeBytes(bytes)) {
      await once(io.stdout as unknown as NodeJS.EventEmitter, 'drain', { signal });
    }
  }
}
