/** Who is let in: whoever has one of the keys, under the one name that there is. */
import { timingSafeEqual } from 'node:crypto';
import ssh2, { type AuthContext, type ParsedKey, type PublicKeyAuthContext } from 'ssh2';
import { SSH_FAILED_KEYS } from '../../limits.ts';

/** Public keys in the form of `authorized_keys`; what cannot be read lets nobody in. */
export function parseKeys(lines: readonly string[]): ParsedKey[] {
  return lines
    .map((line): ParsedKey | Error => ssh2.utils.parseKey(line))
    .filter((key): key is ParsedKey => !(key instanceof Error));
}

/** Answers each attempt; `giveUp` is called when there were too many. */
export function checkLogins(
  { username, keys }: { username: string; keys: readonly ParsedKey[] },
  giveUp: () => void,
): (context: AuthContext) => void {
  let failures = 0;
  return (context) => {
    if (context.username === username && context.method === 'publickey' && isAllowed(context, keys)) {
      context.accept();
      return;
    }
    // Every client begins with a question that tells it the methods.
    failures += context.method === 'none' ? 0 : 1;
    if (failures >= SSH_FAILED_KEYS) {
      giveUp();
    } else {
      context.reject(['publickey']);
    }
  };
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
