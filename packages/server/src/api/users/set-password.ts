import { setPassword } from '@quarry/contract';
import { hashKey } from '../../access/keys.ts';
import { findUser } from '../../db/queries/find-user.ts';
import { type Call, route } from '../../http/route.ts';
import { invalidFields } from '../../problems.ts';
import { refuseJobKey } from '../keys/refuse-job-key.ts';
import { sessionOf } from '../sessions/find-own.ts';
import type { PeopleContext } from './context.ts';
import { refuseWeak, replacePassword } from './replace-password.ts';

export const setOwnPassword = (context: PeopleContext) =>
  route(setPassword, async (call) => {
    const { database, authenticator, passwords, clock } = context;
    const { userId } = refuseJobKey(call.caller);
    const { user } = await findUser(database.read, userId);
    refuseWeak(call.body.password, user.email);
    if (user.password_hash !== null && sessionOf(call.caller) !== null) {
      await proveCurrent(context, call, { email: user.email, kept: user.password_hash });
    }
    const hash = await passwords.hash(call.body.password);
    await database.write((queries) =>
      replacePassword(queries, clock, {
        userId,
        actorId: userId,
        hash,
        before: user.password_hash,
        except: sessionOf(call.caller),
      }),
    );
    authenticator.revoked();
  });

/** Whoever has found a browser that is signed in must not be able to lock its owner out. */
async function proveCurrent(
  { passwords, passwordTries }: PeopleContext,
  { body, address }: Call<typeof setPassword>,
  { email, kept }: { email: string; kept: string },
): Promise<void> {
  if (body.currentPassword === undefined) {
    throw invalidFields({ currentPassword: ['Give the password that you have now.'] });
  }
  const begun = passwordTries.begin({ user: hashKey(email.toLowerCase()), address, isKnownThere: true });
  if (!(await passwords.verify(body.currentPassword, kept))) {
    begun.fail();
    throw invalidFields({ currentPassword: ['This is not the password that you have now.'] });
  }
  begun.succeed();
}
