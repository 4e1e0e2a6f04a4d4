/** Bytes that a viewer shows, wherever they lie; only the parts that are looked at are read. */
export interface ByteSource {
  /** Names what it is, so that nothing of another one is kept. */
  key: string;
  /**
   * The bytes from `start` to before `end`, fewer at the end of the file, and the size of all. Rejects with the refusal of
   * the server.
   */
  read(start: number, end: number, signal?: AbortSignal): Promise<{ bytes: Uint8Array; size: number }>;
  /** Where a text stands; absent where nobody searches. As much as is searched at once, in the order of the file. */
  find?(query: FindQuery, signal: AbortSignal): Promise<Found>;
  /** Where its lines begin; absent where nobody knows. */
  lineIndex?(): Promise<LineIndex>;
}

export interface FindQuery {
  q: string;
  /** Whether it is a regular expression, of one line. */
  regex: boolean;
  /** The byte to begin with. */
  from: number;
  /** Matches begin before it. */
  to?: number;
  limit: number;
}

export interface Found {
  matches: readonly Match[];
  /** Where to go on; null when all was searched. */
  next: { from: number } | null;
  sizeBytes: number;
}

export interface Match {
  /** In bytes, as all places here. */
  offset: number;
  length: number;
  /** Of the line that it stands in. */
  lineOffset: number;
}

export interface LineIndex {
  /** Where line 1 and each that is `every` lines further begins. */
  offsets: readonly number[];
  every: number;
}
