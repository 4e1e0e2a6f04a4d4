import type { Authenticator } from '../access/authenticate.ts';
import { issueSignInCode, signInUrl } from '../access/sign-in-codes.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';

/** A link that signs a browser in, once, as whom the key of the data directory stands for. */
export async function createOwnerLink(
  { database, clock, authenticator }: { database: Database; clock: Clock; authenticator: Authenticator },
  { apiKey, baseUrl }: { apiKey: string; baseUrl: string },
): Promise<string> {
  const credentials = { kind: 'key', header: `Token ${apiKey}` } as const;
  const caller = await authenticator.authenticate(credentials, { isUse: false });
  if (caller.kind !== 'user') {
    throw new Error('The key of the data directory is nobody’s own.');
  }
  const { userId, credential } = caller;
  const { code } = await database.write((queries) =>
    issueSignInCode(queries, clock, { purpose: 'sign_in', userId, keyId: credential.id, actorId: userId }),
  );
  return signInUrl(baseUrl, code);
}
