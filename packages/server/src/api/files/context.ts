import type { CollectOptions } from '../../files/lifetime.ts';
import type { LineIndexes } from '../../files/line-index.ts';
import type { Logger } from '../../logger.ts';
import type { PartDigester } from '../../storage/part-digests.ts';
import type { ByteBudget } from './byte-budget.ts';

/** What the endpoints of files are made of. */
export interface FilesContext extends CollectOptions {
  logger: Logger;
  /** Hashes parts of stored bytes, for files and for uploads. */
  partDigester: PartDigester;
  /** Where the lines of files begin. */
  lineIndexes: LineIndexes;
  /** Memory for uploads of many files. */
  bulkMemory: ByteBudget;
  /** Most bytes of one uploaded file. */
  uploadBytes: number;
  /** Largest file, in bytes, that is given line by line. */
  linesBytes: number;
}
