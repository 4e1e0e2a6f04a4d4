import { createHash } from 'node:crypto';
import { ConnectionError, IntegrityError } from '../../errors.ts';
import { type Line, receive } from './line.ts';
import { patiently } from './patience.ts';
import { BufferPen } from './pen.ts';
import { ChangedError, Remote } from './remote.ts';
import type { Shared } from './shared.ts';
import type { Source } from './source.ts';

/** Bytes and digest of a small file, fetched in one request. `IntegrityError` when they are damaged twice. */
export async function fetchSmall(
  source: Source,
  path: string,
  line: Line,
  shared: Shared,
): Promise<{ bytes: Uint8Array; sha512: string; lastModified: Date | null }> {
  const sizeBytes = source.sizeBytes!;
  for (let round = 0; ; round++) {
    const remote = new Remote(source, sizeBytes, null);
    const pen = new BufferPen(sizeBytes);
    if (sizeBytes > 0) await fetchInto(pen, remote, path, line, shared);
    const sha512 = createHash('sha512').update(pen.bytes).digest('hex');
    if (source.sha512 === null || source.sha512 === sha512) {
      shared.onBytes(path, sizeBytes);
      return { bytes: pen.bytes, sha512, lastModified: remote.lastModified };
    }
    if (round > 0) throw mismatch(source, sha512, 'Twice it arrived so, and nothing was kept.');
    shared.onEvent({ type: 'repair', path, ranges: [{ start: 0, end: sizeBytes }] });
  }
}

/** The refusal of bytes that are not those stated. */
export function mismatch(source: Source, found: string, what: string): IntegrityError {
  const [arrived, stated] = [found.slice(0, 16), source.sha512?.slice(0, 16)];
  return new IntegrityError(
    `${source.name} arrived with SHA-512 ${arrived}… where ${stated}… is stated. ${what}`,
    {
      hint: 'Download it again over another connection; if that ends in the same way, the stored file is damaged.',
    },
  );
}

/** More bytes than there can be. */
export function tooLong(source: Source): IntegrityError {
  return new IntegrityError(`${source.name}: the server sends more bytes than the file has.`, {
    hint: 'The file may have changed meanwhile: ask for it again.',
  });
}

async function fetchInto(
  pen: BufferPen,
  remote: Remote,
  path: string,
  line: Line,
  shared: Shared,
): Promise<void> {
  const { signal } = shared;
  let gained = 0;
  const once = async () => {
    gained += pen.filled;
    pen.filled = 0;
    remote.forget();
    if (await line.readPlainly(remote, null, pen, signal)) return;
    const body = await line.ask(remote, null, signal);
    if (body.kind === 'empty') throw tooLong(remote.source);
    if (await receive(body.response, pen, signal)) throw tooLong(remote.source);
    if (!pen.isDone) throw tooShort(remote.source, pen.filled, pen.bytes.byteLength);
  };
  await patiently(once, {
    remote,
    signal,
    gainedBytes: () => gained + pen.filled,
    onRetry: (message, waitMs) => shared.onEvent({ type: 'retry', path, message, waitMs }),
    onRefusal: shared.onRefusal,
  }).catch((error: unknown) => {
    throw error instanceof ChangedError ? new IntegrityError(error.message) : error;
  });
}

/** Fewer bytes than were announced. */
export function tooShort(source: Source, position: number, end: number): ConnectionError {
  return new ConnectionError(`${source.name} ended at byte ${position} before ${end}.`, {
    hint: 'Try again.',
  });
}
