import { createSignInLink } from '@quarry/contract';
import { issueSignInCode, signInUrl } from '../../access/sign-in-codes.ts';
import { route } from '../../http/route.ts';
import { forbidden } from '../../problems.ts';
import { refuseJobKey } from '../keys/refuse-job-key.ts';
import type { PeopleContext } from '../users/context.ts';

export const createLink = ({ database, clock }: PeopleContext) =>
  route(createSignInLink, async (call) => {
    const { userId, credential } = refuseJobKey(call.caller);
    if (credential.kind !== 'key') {
      throw forbidden(
        'A session cannot make links that begin another one.',
        'Make one with a key of yours, as "quarry open" does.',
      );
    }
    const { code, expiresAt } = await database.write((queries) =>
      issueSignInCode(queries, clock, { purpose: 'sign_in', userId, keyId: credential.id, actorId: userId }),
    );
    return { url: signInUrl(call.baseUrl, code), dateExpires: expiresAt };
  });
