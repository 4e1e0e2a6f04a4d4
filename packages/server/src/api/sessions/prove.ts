import type { createSession } from '@quarry/contract';
import type { NewSession } from '../../access/sessions.ts';
import type { Call } from '../../http/route.ts';
import { invalidFields } from '../../problems.ts';
import type { PeopleContext } from '../users/context.ts';

type Proof = Pick<NewSession, 'user_id' | 'way' | 'key_id' | 'keyExpiresAt'>;

/** Who it is that wants to sign in, by what they show; refuses what proves nothing. */
export function prove(context: PeopleContext, call: Call<typeof createSession>): Promise<Proof> {
  const { key } = call.body;
  if (key !== undefined) {
    return byKey(context, key, call);
  }
  throw invalidFields({ key: ['Give an API key of yours.'] });
}

async function byKey(
  { authenticator }: PeopleContext,
  key: string,
  call: Pick<Call, 'address'>,
): Promise<Proof> {
  const { caller, expiresAt } = await authenticator.recogniseKey(key, call.address);
  if (caller.kind !== 'user') {
    throw invalidFields({
      key: ['This key belongs to a job or to an agent, which cannot sign in: use one of your own.'],
    });
  }
  return { user_id: caller.userId, way: 'key', key_id: caller.credential.id, keyExpiresAt: expiresAt };
}
