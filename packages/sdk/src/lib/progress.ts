export interface Progress {
  transferredBytes: number;
  /** Null while the size is not known. */
  totalBytes: number | null;
}

export type OnProgress = (progress: Progress) => void;
