import type { createSession } from '@quarry/contract';
import { hashKey } from '../../access/keys.ts';
import type { NewSession } from '../../access/sessions.ts';
import type { Queries } from '../../db/database.ts';
import { findUser } from '../../db/queries/find-user.ts';
import { hasSessionFrom } from '../../db/queries/sessions.ts';
import { findSignInCode, useSignInCode } from '../../db/queries/sign-in-codes.ts';
import { findByAddress } from '../../db/queries/users.ts';
import type { Call } from '../../http/route.ts';
import { invalidFields, unauthenticated } from '../../problems.ts';
import type { PeopleContext } from '../users/context.ts';
import { refuseWeak, replacePassword } from '../users/replace-password.ts';

/** Who it is that wants to sign in. */
export interface Proof {
  session: Pick<NewSession, 'user_id' | 'way' | 'key_id' | 'keyExpiresAt'>;
  /** What belongs into the write that begins the session; refuses when the proof is good no more by then. */
  spend?: (queries: Queries) => Promise<void>;
  /** Whether that ends sessions which there are. */
  changesRights?: boolean;
}

/** What was shown to sign in, of which there is one thing. */
type Shown =
  | { way: 'key'; key: string }
  | { way: 'password'; email: string; password: string }
  | { way: 'link'; code: string; newPassword: string | undefined };

/** Whom what was shown stands for; refuses what proves nothing. */
export function prove(context: PeopleContext, call: Call<typeof createSession>): Promise<Proof> {
  const shown = shownIn(call.body);
  switch (shown.way) {
    case 'key':
      return byKey(context, shown.key, call.address);
    case 'password':
      return byPassword(context, shown, call.address);
    case 'link':
      return byCode(context, shown);
  }
}

function shownIn({ key, email, password, code }: Call<typeof createSession>['body']): Shown {
  const ways = [key, email, code].filter((each) => each !== undefined);
  if (ways.length === 1 && key !== undefined && password === undefined) {
    return { way: 'key', key };
  }
  if (ways.length === 1 && email !== undefined && password !== undefined) {
    return { way: 'password', email, password };
  }
  if (ways.length === 1 && code !== undefined) {
    return { way: 'link', code, newPassword: password };
  }
  throw invalidFields({
    non_field_errors: [
      'Show one thing to sign in: a key, an e-mail address with its password, or the code of a link.',
    ],
  });
}

async function byKey({ authenticator }: PeopleContext, key: string, address: string): Promise<Proof> {
  const { caller, expiresAt } = await authenticator.recogniseKey(key, address);
  if (caller.kind !== 'user') {
    throw invalidFields({
      key: ['This key belongs to a job or to an agent, which cannot sign in: use one of your own.'],
    });
  }
  const { userId, credential } = caller;
  return { session: { user_id: userId, way: 'key', key_id: credential.id, keyExpiresAt: expiresAt } };
}

async function byPassword(
  { database, sessions, passwords, passwordTries }: PeopleContext,
  { email, password }: Extract<Shown, { way: 'password' }>,
  address: string,
): Promise<Proof> {
  const user = await findByAddress(database.read, email);
  const isKnownThere =
    user !== undefined &&
    (await hasSessionFrom(database.read, { userId: user.id, address }, sessions.ends()));
  const begun = passwordTries.begin({ user: hashKey(email.toLowerCase()), address, isKnownThere });
  // Nobody can tell by the time it takes whether there is such a user.
  const isRight = await passwords.verify(password, user?.passwordHash ?? null);
  if (user === undefined || !isRight) {
    begun.fail();
    throw unauthenticated(
      'The address or the password is wrong.',
      'Sign in with a key, or by a link: an administrator makes one by which you set a new password.',
    );
  }
  begun.succeed();
  return {
    session: { user_id: user.id, way: 'password', key_id: null, keyExpiresAt: null },
    spend: async (queries) => {
      const { user: now } = await findUser(queries, user.id);
      if (now.password_hash !== user.passwordHash) {
        throw unauthenticated('The password was changed a moment ago.', 'Sign in with the new one.');
      }
    },
  };
}

async function byCode(
  context: PeopleContext,
  { code, newPassword }: Extract<Shown, { way: 'link' }>,
): Promise<Proof> {
  const { database, clock, passwords } = context;
  const hash = hashKey(code);
  const found = await findSignInCode(database.read, { hash, now: clock.now() });
  if (!found) {
    throw linkIsDead();
  }
  const { purpose, userId, keyId, keyExpiresAt } = found;
  const session = { user_id: userId, way: 'link', key_id: keyId, keyExpiresAt } as const;
  const use = async (queries: Queries) => {
    if (!(await useSignInCode(queries, hash))) {
      throw linkIsDead();
    }
  };
  if (purpose === 'sign_in') {
    if (newPassword !== undefined) {
      throw invalidFields({ password: ['This link signs you in and sets no password: leave it out.'] });
    }
    return { session, spend: use };
  }
  if (newPassword === undefined) {
    throw invalidFields({ password: ['Choose your new password; the link is for setting one.'] });
  }
  const { user } = await findUser(database.read, userId);
  refuseWeak(newPassword, user.email);
  const passwordHash = await passwords.hash(newPassword);
  const replaced = { userId, actorId: userId, hash: passwordHash, before: user.password_hash, except: null };
  return {
    session,
    changesRights: true,
    spend: async (queries) => {
      await use(queries);
      await replacePassword(queries, clock, replaced);
    },
  };
}

function linkIsDead() {
  return unauthenticated(
    'This link has been used, has expired, or is not one of this platform.',
    'Each link opens once. "quarry open" makes another one.',
  );
}
