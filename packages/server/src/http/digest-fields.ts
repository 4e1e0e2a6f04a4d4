/** Digests of what is sent, as RFC 9530 writes them: `sha-512=:BASE64:`. Other functions are not known here. */
import { invalidFields } from '../problems.ts';

const SHA512_BYTES = 64;

type Field = string | string[] | undefined;

/** What `Repr-Digest` of a request says, as hex; null without it. Refuses what cannot be read. */
export function readReprDigest(field: Field): string | null {
  if (field === undefined) {
    return null;
  }
  const [, base64] = /(?:^|,)\s*sha-512=:([A-Za-z0-9+/]+={0,2}):/.exec([field].flat().join(',')) ?? [];
  const bytes = Buffer.from(base64 ?? '', 'base64');
  if (bytes.length !== SHA512_BYTES) {
    throw invalidFields({ 'Repr-Digest': ['Write it as sha-512=:BASE64: (RFC 9530).'] });
  }
  return bytes.toString('hex');
}

/** Whether `Want-Content-Digest` asks for it. */
export function wantsDigest(field: Field): boolean {
  return /(?:^|,)\s*sha-512\s*=\s*(?:[1-9]|10)\s*(?:,|$)/.test([field ?? []].flat().join(','));
}

export function digestField(sha512: Buffer): string {
  return `sha-512=:${sha512.toString('base64')}:`;
}
