/** What stands in an archive. */
export interface ArchiveEntry {
  path: string;
  kind: 'file' | 'directory' | 'link';
  /** Null where the archive does not tell. */
  sizeBytes: number | null;
  date: Date | null;
  /** Where its bytes are and how they are packed; null where they cannot be taken out here. */
  content: EntryContent | null;
}

export interface EntryContent {
  /** Of the first byte, or in a zip of the header that stands before it. */
  offset: number;
  packedBytes: number;
  method: 'stored' | 'deflate';
  crc32: number | null;
  hasZipHeader: boolean;
}

export interface ArchiveList {
  entries: ArchiveEntry[];
  /** Whether there are more than are listed. */
  isCut: boolean;
}

/** More nobody reads; it is downloaded whole. */
export const MAX_ENTRIES = 20_000;

/** Something is not as an archive of its kind must be. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}
