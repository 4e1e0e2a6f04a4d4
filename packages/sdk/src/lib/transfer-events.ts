/**
 * What uploads and downloads tell while they are under way, for programs that show or log it. `path` is the local file. A
 * size that no server has told is 0 at the start, and what has come from then on.
 */
export type TransferEvent =
  /** A file begins; `resumedBytes` of it are there from an earlier attempt. */
  | { type: 'start'; path: string; sizeBytes: number; resumedBytes: number }
  /** How far a file has come; told often. Goes back when bytes must be fetched again. */
  | { type: 'progress'; path: string; transferredBytes: number; sizeBytes: number }
  /** Nothing moves: the file is the same here and there already, or the platform has its bytes under another name. */
  | { type: 'skip'; path: string; sizeBytes: number; reason: 'same' | 'known' }
  /** Part of a file failed for a passing reason and is tried again after `waitMs`. */
  | { type: 'retry'; path: string; message: string; waitMs: number }
  /** What has arrived is of no use, now or in an earlier attempt: the file begins again at its first byte. */
  | { type: 'restart'; path: string; message: string }
  /** Bytes arrived damaged; these are sent again, both ends in bytes, `end` excluded. */
  | { type: 'repair'; path: string; ranges: readonly { start: number; end: number }[] }
  /** A file is in place, verified where `sha512` is the platform's too. */
  | { type: 'done'; path: string; sizeBytes: number; sha512: string };

export type OnTransferEvent = (event: TransferEvent) => void;
