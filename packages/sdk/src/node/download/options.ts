import type { FileObject } from '@quarry/contract';
import type { OnProgress } from '../../lib/progress.ts';
import type { OnTransferEvent } from '../../lib/transfer-events.ts';

/** What happens to a file that is at the target already: `same` keeps it when size and digest agree, else replaces it. */
export type Existing = 'refuse' | 'replace' | 'same';

export interface DownloadOptions {
  /** Connections at once, exactly so many; when absent, as many as pay. */
  streams?: number;
  /** As many at most when their number is found out; 16 when absent. */
  maxStreams?: number;
  /** `refuse` when absent. */
  existing?: Existing;
  /** The same as `existing: 'replace'`. */
  overwrite?: boolean;
  /** False: what an earlier attempt left is dropped, and nothing is left for a later one. */
  resume?: boolean;
  onEvent?: OnTransferEvent;
  /** Called with the sum over all files. */
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

export interface DownloadedFile {
  file: FileObject;
  /** Absolute path. */
  path: string;
  sizeBytes: number;
  sha512: string;
  /** False only where the platform states no SHA-512. */
  verified: boolean;
}

export interface DownloadUrlOptions extends DownloadOptions {
  /** Sent to the origin of the address and to no other, whatever redirects say. */
  headers?: Record<string, string>;
  /** Bytes of another digest are refused; hexadecimal. */
  sha512?: string;
  /** Another number of bytes is refused. */
  sizeBytes?: number;
  /** A connection that is silent for so long is given up; 60,000 when absent. */
  timeoutMs?: number;
  /** Attempts after the first that bring no byte; 4 when absent. */
  maxRetries?: number;
}

export interface DownloadedUrl {
  url: string;
  /** Absolute path. */
  path: string;
  sizeBytes: number;
  sha512: string;
  /** Whether it was compared with a SHA-512 that was given. */
  verified: boolean;
}
