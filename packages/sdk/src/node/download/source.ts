import type { FileObject, PartDigests } from '@quarry/contract';
import type { Quarry } from '../../client.ts';
import { InvalidResponseError, QuarryError } from '../../errors.ts';
import { MAX_RETRIES, REQUEST_TIMEOUT_MS } from '../../limits.ts';
import { fillPath } from '../../path.ts';
import { sha512Of } from '../checksum.ts';
import type { DownloadUrlOptions } from './options.ts';

/** What is to be downloaded, from a platform or from anywhere. */
export interface Source {
  /** As messages name it. */
  name: string;
  url: string;
  /** Sent to the origin of `url`, and nowhere else. */
  headers: Record<string, string>;
  /** Tells these bytes from others that may be asked for under the same local name. */
  identity: string;
  /** Null where only the answer tells. */
  sizeBytes: number | null;
  /** Lowercase; null where nobody states one. */
  sha512: string | null;
  executable: boolean;
  /** When its content changed last; goes before what the server says. */
  modified: Date | null;
  /** Taken where the server says nothing either. */
  uploaded: Date | null;
  timeoutMs: number;
  maxRetries: number;
  /** Digests of its parts from `start` on, where the server tells them; null where it does not. */
  partDigests: (start: number, signal: AbortSignal) => Promise<PartDigests | null>;
}

/** Parts that a damaged copy is compared by, in bytes. */
const REPAIR_PART_BYTES = 1024 * 1024;

/** The file of a platform. `InvalidResponseError` where the platform states no usable size. */
export function fileSource({ transport }: Quarry, file: FileObject): Source {
  const path = fillPath('/api/v2/files/:fileId/contents/', { fileId: file.id });
  return {
    name: `${file.name} (${file.id})`,
    ...withoutUserInfo(transport.url(path), transport.headers()),
    identity: `${transport.baseUrl} ${file.id}`,
    sizeBytes: sizeOf(file),
    sha512: sha512Of(file),
    executable: file.executable ?? false,
    modified: dateOf(file.dateModified),
    uploaded: dateOf(file.dateUploaded),
    timeoutMs: transport.timeoutMs,
    maxRetries: transport.maxRetries,
    partDigests: async (start, signal) => {
      if (!(await transport.features({ signal })).has('part-digests')) {
        return null;
      }
      const digests = fillPath('/api/v2/files/:fileId/part-digests/', { fileId: file.id });
      const query = `?partBytes=${REPAIR_PART_BYTES}&start=${start}`;
      return (await transport.json({ method: 'GET', path: digests + query, signal })) as PartDigests;
    },
  };
}

/** An address of any HTTP server. `QuarryError` when it is none, or when the digest cannot be one. */
export function urlSource(url: string, options: DownloadUrlOptions): Source {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new QuarryError(`${url} is no http or https address.`);
  }
  const { sha512, sizeBytes } = options;
  if (sha512 !== undefined && !/^[0-9a-f]{128}$/i.test(sha512)) {
    throw new QuarryError('sha512 is not 128 hexadecimal digits.', { hint: 'Give the whole digest.' });
  }
  const address = withoutUserInfo(parsed.href, options.headers ?? {});
  return {
    name: address.url,
    ...address,
    identity: address.url,
    sizeBytes: sizeBytes ?? null,
    sha512: sha512?.toLowerCase() ?? null,
    executable: false,
    modified: null,
    uploaded: null,
    timeoutMs: options.timeoutMs ?? REQUEST_TIMEOUT_MS,
    maxRetries: options.maxRetries ?? MAX_RETRIES,
    partDigests: async () => null,
  };
}

/** Name and password of an address go into a header: they belong into no message and no journal. */
function withoutUserInfo(
  address: string,
  given: Record<string, string>,
): { url: string; headers: Record<string, string> } {
  const url = new URL(address);
  const headers = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]),
  );
  if (url.username !== '' || url.password !== '') {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization ??= `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  return { url: url.href, headers };
}

/** What is not a size would end as an empty file where the platform states no SHA-512 either. */
function sizeOf({ id, decryptedSize }: FileObject): number {
  if (Number.isSafeInteger(decryptedSize) && decryptedSize >= 0) {
    return decryptedSize;
  }
  throw new InvalidResponseError(`The platform states no usable size of file ${id}: ${decryptedSize}.`, {
    hint: 'Its upload may not have ended: ask for its metadata again.',
  });
}

function dateOf(text: string | null | undefined): Date | null {
  const milliseconds = Date.parse(text ?? '');
  return Number.isNaN(milliseconds) ? null : new Date(milliseconds);
}
