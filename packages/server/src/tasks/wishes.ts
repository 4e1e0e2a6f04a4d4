import type { ArchiveFormat, ResultFormat } from '@quarry/contract';

/** What each kind of task is asked for, as it is stored. */
export interface TaskWishes {
  archive: { format: ArchiveFormat; run?: number | undefined; search?: string | undefined };
  results: { format: ResultFormat };
  copy: { files: string[]; outputDir: string };
  /** How many files it had when that was asked for. */
  deletion: { files: number };
}
