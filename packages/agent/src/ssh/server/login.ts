/** Who is let in: whoever has one of the keys, under the one name that there is. */
import { createHash, timingSafeEqual } from 'node:crypto';
import ssh2, { type AuthContext, type ParsedKey, type PublicKeyAuthContext } from 'ssh2';
import { SSH_FAILED_KEYS } from '../../limits.ts';
import type { RefusedLogin } from '../messages.ts';

/** Public keys in the form of `authorized_keys`; what cannot be read lets nobody in. */
export function parseKeys(lines: readonly string[]): ParsedKey[] {
  return lines
    .map((line): ParsedKey | Error => ssh2.utils.parseKey(line))
    .filter((key): key is ParsedKey => !(key instanceof Error));
}

/** How far somebody who wants to log in has come. */
export class LoginAttempt {
  readonly #username: string;
  readonly #keys: readonly ParsedKey[];
  #failures = 0;
  #tried: RefusedLogin | null = null;
  #accepted: string | null = null;

  constructor({ username, keys }: { username: string; keys: readonly ParsedKey[] }) {
    this.#username = username;
    this.#keys = keys;
  }

  /** The last try that was refused; null when there was none, or when one was accepted. */
  get refused(): RefusedLogin | null {
    return this.#accepted === null ? this.#tried : null;
  }

  /** Fingerprint of the key that was accepted. */
  get fingerprint(): string {
    return this.#accepted ?? '';
  }

  /** Answers a try; `giveUp` is called when there were too many. */
  answer(context: AuthContext, giveUp: () => void): void {
    const isUser = context.username === this.#username;
    if (isUser && context.method === 'publickey' && isAllowed(context, this.#keys)) {
      if (context.signature !== undefined) {
        this.#accepted = fingerprintOf(context.key.data);
      }
      context.accept();
      return;
    }
    // Every client begins with a question that tells it the methods.
    if (context.method !== 'none') {
      this.#failures += 1;
      const fingerprint = context.method === 'publickey' ? fingerprintOf(context.key.data) : null;
      this.#tried = { refusal: isUser ? 'key' : 'user', fingerprint };
    }
    if (this.#failures >= SSH_FAILED_KEYS) {
      giveUp();
    } else {
      context.reject(['publickey']);
    }
  }
}

function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Without a signature it is asked whether the key would do. */
function isAllowed(
  { key: offered, signature, blob, hashAlgo }: PublicKeyAuthContext,
  keys: readonly ParsedKey[],
): boolean {
  const key = keys.find((each) => isSame(each.getPublicSSH(), offered.data));
  // RSA without the name of a hash is RSA with SHA-1.
  if (key === undefined || key.type !== offered.algo || (key.type === 'ssh-rsa' && hashAlgo === undefined)) {
    return false;
  }
  return signature === undefined || (blob !== undefined && key.verify(blob, signature, hashAlgo) === true);
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
