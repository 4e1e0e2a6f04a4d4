/** Bytes that a viewer shows, wherever they lie; only the parts that are looked at are read. */
export interface ByteSource {
  /** Names what it is, so that nothing of another one is kept. */
  key: string;
  /**
   * The bytes from `start` to before `end`, fewer at the end of the file, and the size of all. Rejects with the refusal of
   * the server.
   */
  read(start: number, end: number, signal?: AbortSignal): Promise<{ bytes: Uint8Array; size: number }>;
}

/** Files of the run beside the one that is shown: of some formats one says which others belong to it. */
export interface Neighbours {
  paths: readonly string[];
  source(path: string): ByteSource;
}
