import { createHash, createHmac, hash, randomInt } from 'node:crypto';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_CHARACTERS = 30;
const CHECKSUM_CHARACTERS = 6;
const SHAPE = /^qry_([0-9A-Za-z]{30})([0-9A-Za-z]{6})$/;

/** A new API key: `qry_`, 30 random base-62 characters (178 bits), and a checksum that catches typing mistakes. */
export function newApiKey(): string {
  return formatKey(Array.from({ length: RANDOM_CHARACTERS }, () => BASE62[randomInt(62)]).join(''));
}

/**
 * A key that the platform can make again at any time: that of a job or a cluster, from the platform's secret.
 * So it need not be stored, and an answer that was lost can be given once more.
 */
export function derivedKey(secret: Buffer, purpose: 'job' | 'agent', id: string): string {
  const digest = createHmac('sha256', secret).update(`${purpose}:${id}`).digest();
  return formatKey(base62(digest, RANDOM_CHARACTERS));
}

/** What is stored of a key. Keys carry enough randomness that a fast hash is as good as a slow one. */
export function hashKey(key: string): string {
  return hash('sha256', key);
}

/** The part of a key that may be shown: enough to tell keys apart, useless to call with. */
export function keyPrefix(key: string): string {
  return key.slice(0, 8);
}

/** True when the text has the shape of our keys but a wrong checksum, so that it cannot be any key of ours. */
export function isMistyped(key: string): boolean {
  const match = SHAPE.exec(key);
  return match !== null && checksum(match[1]!) !== match[2];
}

function formatKey(random: string): string {
  return `qry_${random}${checksum(random)}`;
}

function checksum(text: string): string {
  return base62(createHash('sha256').update(text).digest(), CHECKSUM_CHARACTERS);
}

function base62(bytes: Buffer, length: number): string {
  let value = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  for (let index = 0; index < length; index++) {
    text += BASE62[Number(value % 62n)];
    value /= 62n;
  }
  return text;
}
