/** Public keys of SSH, as people paste them: a line of `authorized_keys` without options. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';

export interface SshKey {
  /** Type and key, as they are kept and compared. */
  line: string;
  comment: string;
  /** SHA-256, as `ssh-keygen -l` shows it. */
  fingerprint: string;
}

/** RSA keys below are refused by OpenSSH as well. */
const LEAST_RSA_BITS = 2048;
const CURVES: Record<string, { crv: string; bytes: number }> = {
  'ecdsa-sha2-nistp256': { crv: 'P-256', bytes: 32 },
  'ecdsa-sha2-nistp384': { crv: 'P-384', bytes: 48 },
  'ecdsa-sha2-nistp521': { crv: 'P-521', bytes: 66 },
};
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Reads a line; a text says in words why it cannot be used. */
export function parseSshKey(text: string): SshKey | string {
  const line = text.trim();
  if (line.includes('PRIVATE KEY')) {
    return 'This is a private key, which must stay with you: send the public one, from the file that ends in .pub.';
  }
  const [type, encoded, ...comment] = line.split(/[ \t]+/);
  if (/[\p{Cc}]/u.test(line) || encoded === undefined || !BASE64.test(encoded)) {
    return 'This is no SSH key: it is one line such as "ssh-ed25519 AAAA… name", without options before it.';
  }
  const blob = Buffer.from(encoded, 'base64');
  try {
    const parts = readParts(blob);
    if (parts[0]!.toString('latin1') !== type) {
      return `The line says ${type}, its key says otherwise.`;
    }
    const problem = problemOf(type, parts.slice(1));
    if (problem !== null) {
      return problem;
    }
  } catch {
    return 'The key is cut off or damaged: copy the whole line of the file that ends in .pub.';
  }
  return {
    line: `${type} ${blob.toString('base64')}`,
    comment: comment.join(' '),
    fingerprint: fingerprintOf(blob),
  };
}

/** The fingerprint of a key that is known to be one, such as a host key. */
export function sshFingerprint(line: string): string {
  return fingerprintOf(Buffer.from(line.split(' ')[1]!, 'base64'));
}

function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The strings that a key is made of, each with its length before it; throws when they do not fill it. */
function readParts(blob: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < blob.length; ) {
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) {
      throw new RangeError('A part reaches beyond the end.');
    }
    parts.push(blob.subarray(at + 4, end));
    at = end;
  }
  return parts;
}

/** Null when it is sound; throws when it is not of its own form. */
function problemOf(type: string, parts: readonly Buffer[]): string | null {
  if (type === 'ssh-ed25519') {
    fromJwk({ kty: 'OKP', crv: 'Ed25519', x: base64url(exactly(parts, 1)[0]!) });
    return null;
  }
  if (type === 'ssh-rsa') {
    const [exponent, modulus] = exactly(parts, 2);
    const key = fromJwk({ kty: 'RSA', e: base64url(exponent!), n: base64url(modulus!) });
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    return bits < LEAST_RSA_BITS
      ? `This RSA key has ${bits} bits, and fewer than ${LEAST_RSA_BITS} are not safe: make another one with ssh-keygen -t ed25519.`
      : null;
  }
  const curve = CURVES[type];
  if (curve === undefined) {
    return `Keys of type ${type} are not let in: make one with ssh-keygen -t ed25519.`;
  }
  const point = exactly(parts, 2)[1]!;
  const [x, y] = [point.subarray(1, 1 + curve.bytes), point.subarray(1 + curve.bytes)];
  if (point[0] !== 4 || y.length !== curve.bytes) {
    throw new RangeError('A point has another form.');
  }
  fromJwk({ kty: 'EC', crv: curve.crv, x: base64url(x), y: base64url(y) });
  return null;
}

function exactly(parts: readonly Buffer[], count: number): readonly Buffer[] {
  if (parts.length !== count) {
    throw new RangeError('A key has more or fewer parts.');
  }
  return parts;
}

/** Throws when it is no key, such as a point that is not on its curve. */
function fromJwk(key: Record<string, string>): KeyObject {
  return createPublicKey({ key, format: 'jwk' });
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64url');
}
