import { basename, resolve } from 'node:path';
import type { FileObject } from '@quarry/contract';
import type { Quarry } from '../../client.ts';
import { IntegrityError } from '../../errors.ts';
import { KNOWN_FROM_BYTES, RESUMABLE_FROM_BYTES } from '../../limits.ts';
import { sha512Of } from '../checksum.ts';
import { FileHash } from './file-hash.ts';
import { adoptKnown } from './known.ts';
import { sendWhole } from './multipart.ts';
import { Report } from './report.ts';
import { sendResumably } from './resumable.ts';
import type { Sending, UploadPathOptions } from './sending.ts';
import { Source } from './source.ts';
import { unlessAborted } from './unless-aborted.ts';

/**
 * Uploads a file from disk in constant memory and compares the platform's SHA-512 with ours: `IntegrityError` when they
 * differ for good. Where the platform can do it, a large file goes in parts over several connections and is resumed after
 * any interruption, and one that it has already is not sent at all. `LocalFileError` for what cannot be read here.
 */
export function uploadPath(
  platform: Quarry,
  path: string,
  options: UploadPathOptions = {},
): Promise<FileObject> {
  return sendPath(platform, path, options);
}

/** What is known of a file before it is opened. */
interface KnownBeforehand {
  /** An interrupted upload is found by it then, so that the same bytes in another file go on with it. */
  sha512?: string;
  /** Instead of the path, in what is told. */
  shownAs?: string;
}

/** The same for a file whose digest may be at hand. */
export async function sendPath(
  { transport }: Quarry,
  path: string,
  options: UploadPathOptions,
  { sha512 = undefined, shownAs = path }: KnownBeforehand = {},
): Promise<FileObject> {
  const { signal, skipKnown = true, idempotencyKey } = options;
  signal?.throwIfAborted();
  await using source = await Source.open(path);
  const { sizeBytes } = source;
  const name = options.name ?? basename(resolve(path));
  const report = new Report({ path: shownAs, sizeBytes }, options);
  const sending: Sending = {
    transport,
    source,
    name,
    options,
    report,
    sha512: sha512 ?? null,
    identity: sha512 ?? source.identity,
  };
  const isLarge = sizeBytes >= RESUMABLE_FROM_BYTES && idempotencyKey === undefined;
  const mayBeKnown = sizeBytes >= KNOWN_FROM_BYTES && skipKnown && idempotencyKey === undefined;
  const features = isLarge || mayBeKnown ? await transport.features(signal ? { signal } : {}) : new Set();

  if (mayBeKnown && features.has('known-files')) {
    const known = await askFor(sending);
    if (known !== null) {
      return known;
    }
  }
  const isResumable = isLarge && features.has('resumable-uploads');
  const sent = isResumable ? await sendResumably(sending) : await sendWhole(sending);
  return verified(sending, sent.file, sent.sha512);
}

/** The file that the platform makes of bytes that it has; hashes only where it may have them. */
async function askFor(sending: Sending): Promise<FileObject | null> {
  const { transport, source, name, options, report } = sending;
  const { sizeBytes, executable, dateModified } = source.facts;
  const announced = {
    name,
    sizeBytes,
    executable,
    dateModified,
    ...(options.typeId !== undefined && { typeId: options.typeId }),
  };
  if (sending.sha512 === null) {
    const [answer] = await adoptKnown(transport, [announced], options.signal);
    if (!answer?.maybeKnown) {
      return null;
    }
    await using hash = new FileHash(source);
    hash.readAgain(0, sizeBytes);
    sending.sha512 = await unlessAborted(hash.digest(), options.signal);
    await source.refuseChanged();
  }
  const [answer] = await adoptKnown(transport, [{ ...announced, sha512: sending.sha512 }], options.signal);
  if (!answer?.file) {
    return null;
  }
  report.skip();
  return answer.file;
}

function verified({ source, report }: Sending, file: FileObject, sha512: string): FileObject {
  const theirs = sha512Of(file);
  if (theirs !== null && theirs !== sha512) {
    throw new IntegrityError(
      `${source.path} arrived as file ${file.id} with another SHA-512 than it has here.`,
      {
        hint: `Delete file ${file.id} and upload again; if it happens again, check memory and network of both machines.`,
      },
    );
  }
  report.done(sha512);
  return file;
}
