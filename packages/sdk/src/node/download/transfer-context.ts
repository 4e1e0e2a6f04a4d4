import type { OnTransferEvent } from '../../lib/transfer-events.ts';
import type { HashThreads } from './hash-threads.ts';
import type { Existing } from './options.ts';
import type { SlotPool } from './slot-pool.ts';
import type { Network } from './stream-connection.ts';

/** What the files of one call have in common. */
export interface TransferContext {
  network: Network;
  slots: SlotPool;
  hashes: HashThreads;
  existing: Existing;
  resume: boolean;
  /** Ends everything: the caller's signal, or a failure that concerns all files. */
  signal: AbortSignal;
  onEvent: OnTransferEvent;
  /** Bytes have come, or must be fetched again when negative. */
  onBytes: (path: string, change: number) => void;
  /** How much of a file is there before anything is fetched, and how long it is. */
  onSize: (path: string, sizeBytes: number | null) => void;
  /** A server has refused for now: fewer streams may please it. */
  onRefusal: () => void;
  /** Whether there are more streams than wanted, so that one shall leave; whoever asks and is told so leaves. */
  mayLeave: () => boolean;
  /** There is more to do than there was: streams may begin. */
  kick: () => void;
  /** Directories whose entries are to be made durable at the end. */
  directories: Set<string>;
  /** Bytes that one stream should ask for at once. */
  segmentBytes: () => number;
}

/** How one file ended. */
export interface Outcome {
  path: string;
  sizeBytes: number;
  sha512: string;
  verified: boolean;
}
