import { FINGERPRINT_EDGE_BYTES } from '../../limits.ts';
import { bytesOf, sha512Hex } from './sha512.ts';

/** What else decides whether two uploads are the same one. */
export interface Announced {
  name: string;
  typeId: number | undefined;
}

/**
 * A mark by which an upload is found again after the page was loaded anew: name, size, time of change and a hash of
 * the first and the last 64 KiB. Bytes that changed between those are found when the digests are compared.
 */
export async function fingerprintOf(blob: Blob, { name, typeId }: Announced): Promise<string> {
  const changed = 'lastModified' in blob ? String(blob.lastModified) : '';
  const edges = [blob.slice(0, FINGERPRINT_EDGE_BYTES), blob.slice(-FINGERPRINT_EDGE_BYTES)];
  const facts = JSON.stringify([name, typeId ?? null, blob.size, changed]);
  const marked = await bytesOf(new Blob([facts, ...edges]));
  return `blob-${(await sha512Hex(marked)).slice(0, 64)}`;
}
