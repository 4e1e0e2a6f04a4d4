import type { FileObject } from '@quarry/contract';

/** The SHA-512 that the platform states for a file, lowercase; null where it states none. */
export function sha512Of(file: Pick<FileObject, 'fileChecksums'>): string | null {
  // Platforms of other makers may leave the list out.
  const sums = (file.fileChecksums ?? []) as readonly { hashFunction: string; fileHash: string }[];
  return sums.find(({ hashFunction }) => /^sha-?512$/i.test(hashFunction))?.fileHash.toLowerCase() ?? null;
}
