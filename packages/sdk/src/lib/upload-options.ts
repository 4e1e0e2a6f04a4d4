import type { KeyedCallOptions } from '../idempotency.ts';
import type { OnProgress } from './progress.ts';
import type { OnTransferEvent } from './transfer-events.ts';

export interface UploadOptions extends KeyedCallOptions {
  /** Required unless the source is a `File`. */
  name?: string;
  /** See `FILE_TYPE` of the contract; 1, an input file, when absent. */
  typeId?: number;
  /** Length of a stream in bytes. Platforms that refuse bodies of unknown length need it. */
  sizeBytes?: number;
  onProgress?: OnProgress;
  /** Of blobs from 16 MiB on: what happens on the way, see `TransferEvent`. */
  onEvent?: OnTransferEvent;
  /** Of blobs from 16 MiB on: goes on with an upload of the same bytes that was left; true when absent. */
  resume?: boolean;
  /** Of blobs from 16 MiB on: sends nothing where the platform has the bytes already; true when absent. */
  skipKnown?: boolean;
  /** Of blobs from 16 MiB on: parts sent at the same time; 4 when absent. */
  streams?: number;
}
