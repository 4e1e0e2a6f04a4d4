/** The key by which people know a cluster: made with it, kept in its directory, gone with it. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hasCode } from '../files/door.ts';

const KEY_TYPE = 'ssh-ed25519';

/** Reads the host key of a cluster, or makes it; answers it as a line of `known_hosts` without the host. */
export function prepareHostKey(path: string): string {
  return publicLine(readOrMake(path));
}

/** The private key as OpenSSH keeps it, which is the form that ssh2 reads. */
export function readHostKey(path: string): string {
  const key = createPrivateKey(readFileSync(path));
  const { d } = key.export({ format: 'jwk' });
  const [seed, point] = [Buffer.from(d!, 'base64url'), pointOf(key)];
  const check = Buffer.alloc(8);
  const secret = Buffer.concat([
    check,
    ...[text(KEY_TYPE), text(point), text(Buffer.concat([seed, point])), text('')],
  ]);
  const padding = Buffer.from(Array.from({ length: -secret.length & 7 }, (_, index) => index + 1));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[text('none'), text('none'), text(''), number(1)],
    ...[text(Buffer.concat([text(KEY_TYPE), text(point)])), text(Buffer.concat([secret, padding]))],
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g)!;
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
    '\n',
  );
}

function readOrMake(path: string): KeyObject {
  try {
    return createPrivateKey(readFileSync(path));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) {
      throw error;
    }
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  // Whole or not at all: an agent that was killed here must not leave one that cannot be read.
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, privateKey.export({ format: 'pem', type: 'pkcs8' }), {
    mode: 0o600,
    flag: 'wx',
  });
  renameSync(`${path}.new`, path);
  return privateKey;
}

function publicLine(key: KeyObject): string {
  return `${KEY_TYPE} ${Buffer.concat([text(KEY_TYPE), text(pointOf(key))]).toString('base64')}`;
}

function pointOf(key: KeyObject): Buffer {
  return Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x!, 'base64url');
}

/** As SSH has strings: their length, then their bytes. */
function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as Buffer);
  return Buffer.concat([number(bytes.length), bytes]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
