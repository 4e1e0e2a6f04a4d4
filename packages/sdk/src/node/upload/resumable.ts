/**
 * A large file in parts that survive broken connections, a killed client and a restarted platform. The upload is found
 * again by its fingerprint; when all parts are there, both ends compare digests, and parts that differ are sent again.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { FileObject, Upload } from '@quarry/contract';
import { delay } from '../../delay.ts';
import { IntegrityError, QuarryError } from '../../errors.ts';
import { BUSY_UPLOAD_WAIT_MS, MAX_STREAMS, SMALLEST_UPLOAD_PART_BYTES, UPLOAD_PARTS } from '../../limits.ts';
import { mayHaveHappened } from '../../retry.ts';
import { openConnections } from '../http.ts';
import { FileHash } from './file-hash.ts';
import { PartsSender, UploadGone, UploadTaken } from './send-parts.ts';
import type { Sending } from './sending.ts';
import { isDigestMismatch, TusUploads } from './tus.ts';
import { unlessAborted } from './unless-aborted.ts';
import { wrongRanges } from './wrong-ranges.ts';

const LOOK_AGAIN_MS = 250;

/** Sends the file; answers what it became, and our SHA-512. */
export async function sendResumably(sending: Sending): Promise<{ file: FileObject; sha512: string }> {
  const { report, options } = sending;
  let mayResume = options.resume !== false;
  for (let isAnew = false; ; ) {
    try {
      return await attempt(sending, mayResume);
    } catch (error) {
      if (error instanceof UploadTaken) {
        mayResume = false;
      } else if (error instanceof UploadGone) {
        if (isAnew) {
          throw new QuarryError('The platform forgot the upload twice while it was sent.', {
            cause: error.cause,
            hint: 'Upload it again; if it happens again, tell who runs the platform.',
          });
        }
        isAnew = true;
      } else {
        throw error;
      }
      report.retry(`${error.message} It begins anew.`, 0);
    }
  }
}

async function attempt(sending: Sending, mayResume: boolean): Promise<{ file: FileObject; sha512: string }> {
  const { transport, source, options, report } = sending;
  const cut = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, cut.signal]) : cut.signal;
  const tus = new TusUploads(transport, signal);
  await using hash = sending.sha512 === null ? new FileHash(source) : null;
  using connections = openConnections();
  try {
    const { upload, isAdopted } = await findOrCreate(tus, sending, mayResume, signal);
    report.start(upload.receivedBytes);
    const { streams, maxStreams } = options;
    using sender = new PartsSender(upload, {
      transport,
      tus,
      source,
      connections,
      hash,
      report,
      isAdopted,
      streams,
      maxStreams,
      signal,
      cut,
    });
    await sender.send();
    const sha512 = sending.sha512 ?? (await unlessAborted(hash!.digest(), signal));
    await refuseChanged(sending, tus, upload);
    return { file: await finish(sending, { tus, upload, sender, sha512 }), sha512 };
  } catch (error) {
    throw options.signal?.aborted ? options.signal.reason : error;
  } finally {
    cut.abort();
  }
}

/** An upload of this content that an earlier attempt left, or a new one. */
async function findOrCreate(
  tus: TusUploads,
  sending: Sending,
  mayResume: boolean,
  signal: AbortSignal,
): Promise<{ upload: Upload; isAdopted: boolean }> {
  const { source, name, options, transport } = sending;
  const fingerprint = mayResume ? fingerprintOf(sending) : randomUUID();
  const known = new Set<string>();
  const left = mayResume ? await findLeft(tus, fingerprint, source.sizeBytes, known, signal) : null;
  if (left !== null) {
    return { upload: left, isAdopted: true };
  }
  const announced = {
    name,
    typeId: options.typeId,
    sizeBytes: source.sizeBytes,
    partBytes: partBytesOf(source.sizeBytes, options.streams ?? options.maxStreams),
    fingerprint,
    ...(source.facts.executable && { executable: '1' as const }),
    dateModified: source.facts.dateModified,
  };
  for (let tries = 0; ; tries++) {
    try {
      return { upload: await tus.create(announced), isAdopted: false };
    } catch (error) {
      if (!(error instanceof QuarryError) || !mayHaveHappened(error) || signal.aborted) {
        throw error;
      }
      // The answer was lost: if the upload is there, it is the one with the fingerprint that was not there before.
      const [made] = (await tus.find(fingerprint, source.sizeBytes)).filter(({ id }) => !known.has(id));
      if (made !== undefined) {
        return { upload: made, isAdopted: false };
      }
      if (tries >= transport.maxRetries) {
        throw error;
      }
    }
  }
}

/**
 * The newest upload with the fingerprint that nobody sends. One that looks busy may be what a killed client left a moment
 * ago: it is looked at until its bytes grow, which only those of a living client do.
 */
async function findLeft(
  tus: TusUploads,
  fingerprint: string,
  sizeBytes: number,
  known: Set<string>,
  signal: AbortSignal,
): Promise<Upload | null> {
  const before = new Map<string, number>();
  for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
    const found = await tus.find(fingerprint, sizeBytes);
    for (const { id } of found) {
      known.add(id);
    }
    // One without bytes saves nothing, and may be another client's that begins at this moment.
    const usable = found.filter(({ receivedBytes }) => receivedBytes > 0);
    const idle = usable.find(({ isActive }) => !isActive);
    if (idle !== undefined) {
      return idle;
    }
    const isStill = usable.some(
      ({ id, receivedBytes }) => (before.get(id) ?? receivedBytes) === receivedBytes,
    );
    if (!isStill || waitedMs >= BUSY_UPLOAD_WAIT_MS) {
      return null;
    }
    for (const { id, receivedBytes } of usable) {
      before.set(id, receivedBytes);
    }
    await delay(LOOK_AGAIN_MS, signal);
  }
}

/** The same file, unchanged, wanted under the same name: what an interrupted upload is found by. */
function fingerprintOf({ source, identity, name, options }: Sending): string {
  const facts = JSON.stringify([identity, source.facts.executable, name, options.typeId ?? null]);
  return `path-${createHash('sha256').update(facts).digest('hex')}`;
}

/** A power of two, as digests of parts are asked for: several parts per stream, and not too many in all. */
function partBytesOf(sizeBytes: number, streams = MAX_STREAMS): number {
  const parts = Math.max(UPLOAD_PARTS, streams * 4);
  return Math.max(SMALLEST_UPLOAD_PART_BYTES, 2 ** Math.ceil(Math.log2(sizeBytes / parts)));
}

/** A mixture of two contents is of no use to a later attempt either. */
async function refuseChanged({ source }: Sending, tus: TusUploads, upload: Upload): Promise<void> {
  try {
    await source.refuseChanged();
  } catch (error) {
    await tus.delete(upload.id).catch(() => {});
    throw error;
  }
}

async function finish(
  { source, report }: Sending,
  { tus, upload, sender, sha512 }: { tus: TusUploads; upload: Upload; sender: PartsSender; sha512: string },
): Promise<FileObject> {
  for (let isRepaired = false; ; isRepaired = true) {
    try {
      return await tus.finish(upload.id, sha512, source.sizeBytes);
    } catch (error) {
      if (!isDigestMismatch(error)) {
        throw error;
      }
      const ranges = isRepaired ? [] : await wrongRanges(tus, upload, source);
      if (ranges.length === 0) {
        await tus.delete(upload.id).catch(() => {});
        throw new IntegrityError(
          isRepaired
            ? `${source.path} arrived damaged again after the damaged parts were sent a second time.`
            : `${source.path} arrived as it is here now, and not as it was when it was read for its digest.`,
          {
            cause: error,
            hint: 'Upload it again; if it happens again, check memory and network of both machines.',
          },
        );
      }
      report.repair(ranges);
      await sender.sendAgain(ranges);
    }
  }
}
