import type { OnProgress } from '../../lib/progress.ts';
import type { OnTransferEvent } from '../../lib/transfer-events.ts';
import type { Transport } from '../../transport.ts';
import type { Report } from './report.ts';
import type { Source } from './source.ts';

export interface UploadPathOptions {
  /** The last part of the path when absent. */
  name?: string;
  /** See `FILE_TYPE` of the contract; 1, an input file, when absent. */
  typeId?: number;
  /** Connections at once, exactly; found out while the upload runs when absent. Small files need one. */
  streams?: number;
  /** Most connections that are tried when `streams` is absent; 16 when absent. */
  maxStreams?: number;
  /** Goes on where an interrupted upload of the same, unchanged file ended, on platforms that keep it; true when absent. */
  resume?: boolean;
  /** Sends nothing when the platform has the same bytes in a file that you may read; true when absent. */
  skipKnown?: boolean;
  onEvent?: OnTransferEvent;
  onProgress?: OnProgress;
  signal?: AbortSignal;
  /**
   * See `KeyedCallOptions`; made up for each upload when absent. A key of your own makes one single request of the
   * upload, since the platform keeps keys with those: it begins anew when it breaks.
   */
  idempotencyKey?: string;
}

/** One file on its way to a platform. */
export interface Sending {
  transport: Transport;
  source: Source;
  /** What it is to be called there. */
  name: string;
  /** What tells this content from any other, to find an interrupted upload by. */
  identity: string;
  /** Known before it is sent where it was hashed to be asked for. */
  sha512: string | null;
  options: UploadPathOptions;
  report: Report;
}
