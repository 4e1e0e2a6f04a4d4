/** Many small files in few requests, each of which stores all of its files or none. */
import type { AnnouncedFile, FileObject } from '@quarry/contract';
import { InvalidResponseError } from '../../errors.ts';
import type { KeyedCallOptions } from '../../idempotency.ts';
import { escapeName } from '../../lib/multipart.ts';
import type { Transport } from '../../transport.ts';

export interface BulkEntry {
  announced: AnnouncedFile & { sha512: string };
  bytes: Uint8Array<ArrayBuffer>;
}

/** Sends a batch; answers its files in order. Repeated after a lost answer by its key, which keeps files from doubling. */
export async function sendBatch(
  transport: Transport,
  entries: readonly BulkEntry[],
  signal: AbortSignal | undefined,
): Promise<FileObject[]> {
  const { body, contentType } = batchBody(entries);
  const keyed: KeyedCallOptions = transport.keyed(signal ? { signal } : {});
  const answer = (await transport.json({
    method: 'POST',
    path: '/api/v2/files/bulk/',
    headers: { 'content-type': contentType },
    body,
    timeoutMs: transport.timeoutMs * 2,
    ...keyed,
  })) as { files?: FileObject[] } | undefined;
  const files = answer?.files;
  if (Array.isArray(files) && files.length === entries.length) {
    return files;
  }
  throw new InvalidResponseError(
    `POST files/bulk/ was answered with ${files?.length ?? 'no'} files where ${entries.length} were sent.`,
  );
}

function batchBody(entries: readonly BulkEntry[]): { body: Uint8Array<ArrayBuffer>; contentType: string } {
  const boundary = `----quarry-${crypto.randomUUID()}`;
  const encoder = new TextEncoder();
  const manifest = JSON.stringify(entries.map(({ announced }) => announced));
  const pieces: Uint8Array<ArrayBuffer>[] = [
    encoder.encode(
      `--${boundary}\r\nContent-Disposition: form-data; name="manifest"\r\nContent-Type: application/json\r\n\r\n${manifest}`,
    ),
  ];
  for (const { announced, bytes } of entries) {
    const disposition = `Content-Disposition: form-data; name="file"; filename="${escapeName(announced.name)}"`;
    pieces.push(
      encoder.encode(`\r\n--${boundary}\r\n${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n`),
      bytes,
    );
  }
  pieces.push(encoder.encode(`\r\n--${boundary}--\r\n`));
  return { body: Buffer.concat(pieces), contentType: `multipart/form-data; boundary=${boundary}` };
}
