/**
 * A resumable upload of a blob over `fetch`: divided into parts that go side by side, each as a row of requests that
 * carry slices of the blob, which browsers read from disk themselves. After a failure the platform says how much of the
 * part is there. A later call, even after the page was loaded anew, finds the upload by its fingerprint.
 */
import type { FileObject, Upload, UploadPart } from '@quarry/contract';
import type { CallOptions } from '../../call-options.ts';
import { delay } from '../../delay.ts';
import { ConflictError, IntegrityError, NotFoundError } from '../../errors.ts';
import {
  BUSY_UPLOAD_WAIT_MS,
  LARGEST_UPLOAD_PART_BYTES,
  MAX_REPAIRS,
  RETRY_FIRST_PAUSE_MS,
  SEGMENT_BYTES,
  SMALLEST_UPLOAD_PART_BYTES,
  UPLOAD_PARTS,
} from '../../limits.ts';
import { fillPath } from '../../path.ts';
import type { Transport } from '../../transport.ts';
import type { OnProgress } from '../progress.ts';
import type { OnTransferEvent } from '../transfer-events.ts';
import { type Announced, fingerprintOf } from './fingerprint.ts';
import { type ByteRange, differingRanges } from './part-digests.ts';
import { PatchSize } from './patch-size.ts';
import { patiently } from './patience.ts';
import { bytesOf, sha512OfBlob } from './sha512.ts';
import {
  createUpload,
  findUploads,
  finishDividedUpload,
  receivedBytes,
  restartPart,
  sendBytes,
} from './upload-requests.ts';

export interface UploadInPartsOptions extends Announced {
  /** Parts that are sent at the same time. */
  streams: number;
  /** Goes on with an upload of the same bytes that was left. */
  resume: boolean;
  /** The blob's SHA-512 where it is known already. */
  sha512: string | null;
  onProgress: OnProgress | undefined;
  onEvent: OnTransferEvent | undefined;
  signal: AbortSignal | undefined;
}

/** Sends the blob; the file that the platform makes of it has its SHA-512. */
export async function uploadInParts(
  transport: Transport,
  blob: Blob,
  options: UploadInPartsOptions,
): Promise<FileObject> {
  const cut = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, cut.signal]) : cut.signal;
  const sending = new SendingParts(transport, blob, { ...options, signal });
  try {
    const digest = options.sha512 ?? sha512OfBlob(blob, signal);
    const [sha512] = await Promise.all([digest, sending.begin().then(() => sending.send())]);
    return await sending.finish(sha512);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    cut.abort();
  }
}

class SendingParts {
  readonly #transport: Transport;
  readonly #blob: Blob;
  readonly #options: UploadInPartsOptions & { signal: AbortSignal };
  readonly #call: CallOptions & { signal: AbortSignal };
  readonly #patchSize = new PatchSize();
  #fingerprint = '';
  #uploadId = '';
  #parts: UploadPart[] = [];

  constructor(transport: Transport, blob: Blob, options: UploadInPartsOptions & { signal: AbortSignal }) {
    this.#transport = transport;
    this.#blob = blob;
    this.#options = options;
    this.#call = { signal: options.signal };
  }

  /** Finds the upload that was left, or begins one. */
  async begin(): Promise<void> {
    this.#fingerprint = await fingerprintOf(this.#blob, this.#options);
    const left = this.#options.resume ? await this.#findLeft() : null;
    this.#take(left ?? (await this.#create()));
    const { size: sizeBytes } = this.#blob;
    this.#tell({ type: 'start', path: this.#options.name, sizeBytes, resumedBytes: this.#received() });
    this.#progress();
  }

  /** Sends what is missing of all parts. */
  async send(): Promise<void> {
    try {
      await this.#sendMissing();
    } catch (error) {
      // It expired, or somebody gave it up: what it had is gone.
      if (!(error instanceof NotFoundError)) {
        throw error;
      }
      this.#take(await this.#create());
      this.#progress();
      await this.#sendMissing();
    }
  }

  /** Makes the file, and sends again what arrived damaged. */
  async finish(sha512: string): Promise<FileObject> {
    for (let repairs = 0; ; repairs++) {
      try {
        const file = await finishDividedUpload(this.#transport, this.#uploadId, sha512, this.#call);
        this.#tell({ type: 'done', path: this.#options.name, sizeBytes: this.#blob.size, sha512 });
        return file;
      } catch (error) {
        if (!(error instanceof ConflictError && error.code === 'digest_mismatch')) {
          throw error;
        }
        if (repairs >= MAX_REPAIRS) {
          throw damaged(this.#options.name, error);
        }
        await this.#repair(error);
      }
    }
  }

  async #repair(mismatch: ConflictError): Promise<void> {
    const path = fillPath('/api/v2/files/uploads/:uploadId/', { uploadId: this.#uploadId });
    const read = (start: number, end: number) => bytesOf(this.#blob.slice(start, end));
    const ranges = await differingRanges(this.#transport, path, SEGMENT_BYTES, read, this.#call);
    const wrong = this.#parts.filter((part) => ranges.some((range) => overlaps(part, range)));
    // The platform has what is here now, and what is here is not what was hashed.
    if (wrong.length === 0) {
      throw damaged(this.#options.name, mismatch);
    }
    const sentAgain = wrong.map(({ start, sizeBytes }) => ({ start, end: start + sizeBytes }));
    this.#tell({ type: 'repair', path: this.#options.name, ranges: sentAgain });
    for (const part of wrong) {
      await restartPart(this.#transport, part.id, this.#call);
      part.receivedBytes = 0;
    }
    await this.#sendMissing();
  }

  /** The page that was left may look busy until the platform has seen its connections end. */
  async #findLeft(): Promise<Upload | null> {
    for (const deadline = performance.now() + BUSY_UPLOAD_WAIT_MS; ; ) {
      const found = await findUploads(this.#transport, this.#fingerprint, this.#call);
      const ours = found.filter(({ sizeBytes, file }) => sizeBytes === this.#blob.size && file === null);
      const idle = ours.find(({ isActive }) => !isActive);
      if (idle !== undefined) {
        return idle;
      }
      if (ours.length === 0 || performance.now() > deadline) {
        return null;
      }
      await delay(RETRY_FIRST_PAUSE_MS, this.#options.signal);
    }
  }

  #create(): Promise<Upload> {
    const { name, typeId } = this.#options;
    const sizeBytes = this.#blob.size;
    const facts = {
      name,
      typeId,
      sizeBytes,
      fingerprint: this.#fingerprint,
      partBytes: partBytesOf(sizeBytes),
    };
    return createUpload(this.#transport, facts, this.#call);
  }

  #take({ id, parts, receivedBytes }: Upload): void {
    this.#uploadId = id;
    const whole = { id, start: 0, sizeBytes: this.#blob.size, receivedBytes };
    this.#parts = parts.length > 0 ? parts : [whole];
  }

  async #sendMissing(): Promise<void> {
    // One iterator, of which each stream takes the next.
    const missing = this.#parts.filter((part) => part.receivedBytes < part.sizeBytes).values();
    const cut = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, cut.signal]);
    const stream = async () => {
      for (const part of missing) {
        await this.#sendPart(part, signal);
      }
    };
    try {
      await Promise.all(Array.from({ length: this.#options.streams }, stream));
    } finally {
      cut.abort();
    }
  }

  async #sendPart(part: UploadPart, signal: AbortSignal): Promise<void> {
    const once = async (attempt: number) => {
      if (attempt > 0) {
        this.#patchSize.shrink();
        part.receivedBytes = await receivedBytes(this.#transport, part.id, { signal });
      }
      while (part.receivedBytes < part.sizeBytes) {
        const from = part.start + part.receivedBytes;
        const to = Math.min(from + this.#patchSize.bytes, part.start + part.sizeBytes);
        const began = performance.now();
        const slice = this.#blob.slice(from, to);
        part.receivedBytes = await sendBytes(this.#transport, part.id, part.receivedBytes, slice, { signal });
        this.#patchSize.took(to - from, performance.now() - began);
        this.#progress();
      }
    };
    await patiently(once, {
      transport: this.#transport,
      signal,
      arrived: () => part.receivedBytes,
      onRetry: ({ message }, waitMs) =>
        this.#tell({ type: 'retry', path: this.#options.name, message, waitMs }),
    });
  }

  #received(): number {
    return this.#parts.reduce((sum, part) => sum + part.receivedBytes, 0);
  }

  #progress(): void {
    const transferredBytes = this.#received();
    const { size } = this.#blob;
    this.#options.onProgress?.({ transferredBytes, totalBytes: size });
    this.#tell({ type: 'progress', path: this.#options.name, transferredBytes, sizeBytes: size });
  }

  #tell(event: Parameters<OnTransferEvent>[0]): void {
    this.#options.onEvent?.(event);
  }
}

/** Powers of two, so that a part is made of whole stretches with a digest. */
function partBytesOf(sizeBytes: number): number {
  let bytes = SMALLEST_UPLOAD_PART_BYTES;
  while (bytes * UPLOAD_PARTS < sizeBytes && bytes < LARGEST_UPLOAD_PART_BYTES) {
    bytes *= 2;
  }
  return bytes;
}

function overlaps({ start, sizeBytes }: UploadPart, range: ByteRange): boolean {
  return range.start < start + sizeBytes && start < range.end;
}

function damaged(name: string, cause: Error): IntegrityError {
  return new IntegrityError(`The platform has other bytes of ${name} than were read here.`, {
    cause,
    hint: 'The file may have changed meanwhile: upload it again.',
  });
}
