import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { ConnectionError } from '@quarry/sdk';
import type { PlatformContext } from '../../command.ts';

/** As much as the platform hashes before it sends it. */
const PART_BYTES = 64 * 1024 * 1024;
/** A part that a job changes between its hash and its bytes is asked for again. */
const ATTEMPTS = 3;

interface Part {
  sizeBytes: number;
  totalBytes: number;
  etag: string | null;
}

/**
 * Writes a file of a storage device here, part by part, each compared with the digest that came with it, where the platform
 * sends one. Answers its length. The caller's own file, which is replaced.
 */
export async function fetchEntry(
  target: string,
  entry: { device: string; path: string },
  { sdk, io, signal }: Pick<PlatformContext, 'sdk' | 'io' | 'signal'>,
): Promise<number> {
  await using file = await open(target, 'w');
  let [position, first]: [number, Part | null] = [0, null];
  for (;;) {
    const part = await fetchPart(file, { ...entry, position }, { sdk, signal });
    first ??= part;
    if (part.etag !== first.etag) {
      io.warn(`${entry.path} was changed while it was fetched: what is here is of different moments.`);
      first = part;
    }
    position += part.sizeBytes;
    if (part.sizeBytes === 0 || position >= part.totalBytes) {
      // An attempt before may have been longer.
      await file.truncate(position);
      await file.sync();
      return position;
    }
  }
}

async function fetchPart(
  file: FileHandle,
  { device, path, position }: { device: string; path: string; position: number },
  { sdk, signal }: Pick<PlatformContext, 'sdk' | 'signal'>,
): Promise<Part> {
  for (let attempt = 1; ; attempt += 1) {
    const range = { start: position, end: position + PART_BYTES - 1 };
    const response = await sdk.storageDevices.download(device, path, { signal, digest: true, range });
    const hash = createHash('sha512');
    let sizeBytes = 0;
    for await (const chunk of response.body ?? []) {
      hash.update(chunk);
      await file.write(chunk, 0, chunk.length, position + sizeBytes);
      sizeBytes += chunk.length;
    }
    const said = /sha-512=:([^:]+):/.exec(response.headers.get('content-digest') ?? '')?.[1];
    if (said === undefined || said === hash.digest('base64')) {
      const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
      const totalBytes = total === undefined ? position + sizeBytes : Number(total);
      return { sizeBytes, totalBytes, etag: response.headers.get('etag') };
    }
    if (attempt === ATTEMPTS) {
      throw new ConnectionError(`${path} arrived ${ATTEMPTS} times otherwise than it was sent.`, {
        hint: 'A job is writing to it all the time, or something on the way changes bytes. Copy it on the device first.',
      });
    }
  }
}
