/** Codes that sign somebody in once and soon, for links: a key in an address would stay in histories. */
import { randomBytes } from 'node:crypto';
import { type Clock, type Instant, later } from '../clock.ts';
import type { Queries } from '../db/database.ts';
import { recordEvent } from '../db/queries/record-event.ts';
import { insertSignInCode } from '../db/queries/sign-in-codes.ts';
import type { SignInPurpose } from '../db/tables.ts';
import { LIMITS } from '../limits.ts';
import type { Credential } from './caller.ts';
import { hashKey } from './keys.ts';

const MINUTE_MS = 60_000;
const CODE_BYTES = 24;
const MINUTES: Record<SignInPurpose, number> = {
  sign_in: LIMITS.signInLinkMinutes,
  password: LIMITS.passwordLinkHours * 60,
};

/** Writes a code for somebody, inside a write; it ends with the key that makes it. Only its hash is kept. */
export async function issueSignInCode(
  queries: Queries,
  clock: Clock,
  wanted: {
    purpose: SignInPurpose;
    userId: string;
    /** The key that makes it, and with which it ends; null for one that is made for somebody. */
    keyId: string | null;
    /** What an administrator makes it with for somebody: it is good as long as that lets them. */
    madeWith?: Credential;
    actorId: string;
  },
): Promise<{ code: string; expiresAt: Instant }> {
  const { purpose, userId, keyId, actorId, madeWith } = wanted;
  const code = randomBytes(CODE_BYTES).toString('base64url');
  const at = clock.now();
  const expiresAt = later(at, MINUTES[purpose] * MINUTE_MS);
  await insertSignInCode(queries, {
    code_hash: hashKey(code),
    purpose,
    user_id: userId,
    key_id: keyId,
    maker_id: madeWith === undefined ? null : actorId,
    maker_key_id: madeWith?.kind === 'key' ? madeWith.id : null,
    date_inserted: at,
    expires_at: expiresAt,
  });
  const detail = { purpose };
  await recordEvent(queries, {
    at,
    actorId,
    subject: `user:${userId}`,
    verb: 'link_created',
    detail,
  });
  return { code, expiresAt };
}

/** Where a browser takes a code: behind `#`, so that it goes to no server by itself and into no log. */
export function signInUrl(baseUrl: string, code: string): string {
  return `${baseUrl}/sign-in/#code=${code}`;
}
