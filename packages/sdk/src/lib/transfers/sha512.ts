/**
 * SHA-512 where there is no Node. `crypto.subtle` wants all bytes at once, and is missing in pages that come over plain
 * HTTP, so what is hashed piece by piece is hashed in JavaScript: about 90 MiB/s on the page's own thread, in slices.
 */
import { HASH_SLICE_BYTES } from '../../limits.ts';

export interface RunningHash {
  /** Resolves when the bytes are in; the page gets its turn between slices. */
  update(bytes: Uint8Array): Promise<void>;
  /** Lowercase hexadecimal; nothing may follow. */
  digest(): string;
}

/** Loaded when the first large transfer begins: programs that only ask and tell do not need it. */
export async function openSha512(): Promise<RunningHash> {
  const { sha512 } = await import('@noble/hashes/sha2.js');
  const hash = sha512.create();
  return {
    update: async (bytes) => {
      for (let start = 0; start < bytes.byteLength; start += HASH_SLICE_BYTES) {
        if (start > 0) {
          await nextTurn();
        }
        hash.update(bytes.subarray(start, start + HASH_SLICE_BYTES));
      }
    },
    digest: () => hex(hash.digest()),
  };
}

/** Of bytes that are all in memory. */
export async function sha512Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // Not there in pages without TLS, whatever the types say.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (subtle !== undefined) {
    return hex(new Uint8Array(await subtle.digest('SHA-512', bytes)));
  }
  const hash = await openSha512();
  await hash.update(bytes);
  return hash.digest();
}

/** Of a blob, read slice by slice. */
export async function sha512OfBlob(blob: Blob, signal?: AbortSignal): Promise<string> {
  const hash = await openSha512();
  for (let start = 0; start < blob.size; start += HASH_SLICE_BYTES) {
    signal?.throwIfAborted();
    // Reading a slice gives the page its turn.
    hash.update(await bytesOf(blob.slice(start, start + HASH_SLICE_BYTES)));
  }
  return hash.digest();
}

export async function bytesOf(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.arrayBuffer());
}

function nextTurn(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: { yield?: () => Promise<void> } };
  return scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
