import { createHash } from 'node:crypto';
import { ConnectionError, IntegrityError } from '../../errors.ts';
import { BufferWriter } from './body-writer.ts';
import { patiently } from './patience.ts';
import { ChangedError, Remote } from './remote.ts';
import type { Source } from './source.ts';
import { receive, type StreamConnection } from './stream-connection.ts';
import type { TransferContext } from './transfer-context.ts';

/** Bytes and digest of a small file, fetched in one request. `IntegrityError` when they are damaged twice. */
export async function fetchSmall(
  source: Source,
  path: string,
  connection: StreamConnection,
  context: TransferContext,
): Promise<{ bytes: Uint8Array; sha512: string; lastModified: Date | null }> {
  const sizeBytes = source.sizeBytes!;
  for (let round = 0; ; round++) {
    const remote = new Remote(source, sizeBytes, null);
    const writer = new BufferWriter(sizeBytes);
    if (sizeBytes > 0) {
      await fetchInto(writer, remote, path, connection, context);
    }
    const sha512 = createHash('sha512').update(writer.bytes).digest('hex');
    if (source.sha512 === null || source.sha512 === sha512) {
      context.onBytes(path, sizeBytes);
      return { bytes: writer.bytes, sha512, lastModified: remote.lastModified };
    }
    if (round > 0) {
      throw mismatch(source, sha512, 'Twice it arrived so, and nothing was kept.');
    }
    context.onEvent({ type: 'repair', path, ranges: [{ start: 0, end: sizeBytes }] });
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
  writer: BufferWriter,
  remote: Remote,
  path: string,
  connection: StreamConnection,
  context: TransferContext,
): Promise<void> {
  const { signal } = context;
  let gained = 0;
  const once = async () => {
    gained += writer.filled;
    writer.filled = 0;
    remote.forget();
    if (await connection.readPlainly(remote, null, writer, signal)) {
      return;
    }
    const body = await connection.ask(remote, null, signal);
    if (body.kind === 'empty') {
      throw tooLong(remote.source);
    }
    if (await receive(body.response, writer, signal)) {
      throw tooLong(remote.source);
    }
    if (!writer.isDone) {
      throw tooShort(remote.source, writer.filled, writer.bytes.byteLength);
    }
  };
  await patiently(once, {
    remote,
    signal,
    gainedBytes: () => gained + writer.filled,
    onRetry: (message, waitMs) => context.onEvent({ type: 'retry', path, message, waitMs }),
    onRefusal: context.onRefusal,
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
