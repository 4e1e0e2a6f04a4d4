import type { Queries } from '../db/database.ts';
import { findStoredDeliveries } from '../db/queries/deliveries.ts';
import type { BlobVerdict, Storage } from '../storage/storage.ts';
import { type Check, failed, ok, some, warning } from './check.ts';
import { describeFiles } from './describe-files.ts';

const AT_ONCE = 1000;
const RESTORE =
  'Restore the data directory from a backup; the files named here cannot be downloaded until then.';

const CHANGED =
  "A disk may have done it, and so may somebody: look at who may write below the data directory, who else runs programs as the server's user, and whether jobs run without a sandbox.";

/** Whether every file has its bytes in the store, and the store no bytes that nothing points to. */
export async function checkFiles(queries: Queries, storage: Storage): Promise<Check[]> {
  const missing: string[] = [];
  const wrongSize: string[] = [];
  const known = new Set<string>();
  let files = 0;
  for await (const blob of wantedBlobs(queries)) {
    files += 1;
    known.add(blob.sha512);
    const stat = await storage.stat(blob.sha512);
    if (stat === null) {
      missing.push(await describeFiles(queries, blob.sha512));
    } else if (stat.sizeBytes !== blob.size_bytes) {
      const sizes = `${stat.sizeBytes} bytes where there were ${blob.size_bytes}`;
      wrongSize.push(`${await describeFiles(queries, blob.sha512)}: ${sizes}`);
    }
  }
  for (const sha512 of await findStoredDeliveries(queries)) {
    known.add(sha512);
  }
  const strays: string[] = [];
  for await (const { sha512 } of storage.list()) {
    if (!known.has(sha512)) {
      strays.push(sha512.slice(0, 12));
    }
  }
  const checks: Check[] = [];
  if (missing.length > 0) {
    checks.push(
      failed(
        'files',
        `The bytes of ${missing.length} files are missing: ${some(missing)}.`,
        RESTORE,
        missing,
      ),
    );
  }
  if (wrongSize.length > 0) {
    checks.push(
      failed(
        'files',
        `${wrongSize.length} files have the wrong size: ${some(wrongSize)}.`,
        RESTORE,
        wrongSize,
      ),
    );
  }
  if (checks.length === 0) {
    checks.push(ok('files', `${files} distinct contents, all in the store`));
  }
  if (strays.length > 0) {
    checks.push(
      warning(
        'store',
        `${strays.length} blobs belong to no file: ${some(strays)}.`,
        'They take space only; the next start of the server removes them.',
      ),
    );
  }
  return checks;
}

/** Reads every byte of the store again and compares it with its digest. */
export async function checkBytes(queries: Queries, storage: Storage): Promise<Check> {
  const damaged: string[] = [];
  const details: string[] = [];
  let isChanged = false;
  let blobs = 0;
  let bytes = 0;
  for await (const { sha512, sizeBytes } of storage.list()) {
    const verdict = await storage.verify(sha512);
    blobs += 1;
    bytes += sizeBytes;
    if (verdict.state !== 'intact') {
      isChanged ||= verdict.state === 'damaged';
      damaged.push(await describeFiles(queries, sha512));
      details.push(`${damaged.at(-1)}: ${wordsFor(verdict)}, SHA-512 ${sha512}`);
    }
  }
  if (damaged.length > 0) {
    return failed(
      'bytes',
      `${damaged.length} of ${blobs} contents are not what they were: ${some(damaged)}.`,
      isChanged ? `${RESTORE} ${CHANGED}` : RESTORE,
      details,
    );
  }
  return ok('bytes', `${blobs} blobs, ${bytes} bytes, all as their SHA-512 says`);
}

function wordsFor(verdict: BlobVerdict): string {
  switch (verdict.state) {
    case 'damaged':
      return `${verdict.sizeBytes} bytes of another SHA-512`;
    case 'unreadable':
      return verdict.error.message;
    default:
      return verdict.state;
  }
}

/** Contents that a living file points to. */
async function* wantedBlobs(queries: Queries) {
  let after = '';
  while (true) {
    const rows = await queries
      .selectFrom('files')
      .where('deleted_at', 'is', null)
      .where('sha512', '>', after)
      .groupBy('sha512')
      .orderBy('sha512')
      .limit(AT_ONCE)
      .select(({ fn }) => ['sha512', fn.max('size_bytes').as('size_bytes')])
      .execute();
    yield* rows;
    if (rows.length < AT_ONCE) {
      return;
    }
    after = rows.at(-1)!.sha512;
  }
}
