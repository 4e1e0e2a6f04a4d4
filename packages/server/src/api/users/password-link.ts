import { createPasswordLink as endpoint } from '@quarry/contract';
import { issueSignInCode, signInUrl } from '../../access/sign-in-codes.ts';
import { findUser } from '../../db/queries/find-user.ts';
import { route } from '../../http/route.ts';
import { refused } from '../../problems.ts';
import { refuseJobKey } from '../keys/refuse-job-key.ts';
import type { PeopleContext } from './context.ts';

export const createPasswordLink = ({ database, clock }: PeopleContext) =>
  route(endpoint, async (call) => {
    const { userId: actorId, credential } = refuseJobKey(call.caller);
    const { userId } = call.params;
    const { code, expiresAt } = await database.write(async (queries) => {
      const { user } = await findUser(queries, userId);
      if (user.is_active === 0) {
        throw refused(`${user.email} is locked out, so that a link would open nothing.`, {
          code: 'user_locked_out',
          hint: 'Let them in again first, with isActive true.',
        });
      }
      return issueSignInCode(queries, clock, {
        purpose: 'password',
        userId,
        keyId: null,
        madeWith: credential,
        actorId,
      });
    });
    return { url: signInUrl(call.baseUrl, code), dateExpires: expiresAt };
  });
