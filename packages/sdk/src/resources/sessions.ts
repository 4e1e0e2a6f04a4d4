import type {
  CreatedSession,
  createSession,
  createSignInLink,
  endSession,
  getSession,
  listSessions,
  OwnSession,
  QueryFor,
  ResponseOf,
  revokeSession,
  Session,
  SignIn,
  SignInLink,
} from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

/** Where a user is signed in with a browser. For pages of a Quarry server, which alone can begin and use sessions. */
export class Sessions {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Signs in, which takes a client without credentials: give the `token` of the answer to a new one, as `session`. The other
   * half is a cookie, which the browser keeps. `AuthenticationError` when what is shown proves nothing.
   */
  async signIn(proof: SignIn, call: CallOptions = {}): Promise<CreatedSession> {
    const answer = await this.#transport.json({
      method: 'POST',
      path: '/api/v2/session/',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(proof),
      // Who has tried too often is to be told so, not kept waiting.
      repeat: 'never',
      ...call,
    });
    return answer as ResponseOf<typeof createSession>;
  }

  /** A link that signs a browser in as the key's user, once and within ten minutes. Takes a key, not a session. */
  createLink(call: CallOptions = {}): Promise<SignInLink> {
    return this.#transport.send<typeof createSignInLink>('POST', '/api/v2/session/link/', call);
  }

  /** The session that this client uses, and whose it is; `NotFoundError` when it uses a key. */
  current(call: CallOptions = {}): Promise<OwnSession> {
    return this.#transport.send<typeof getSession>('GET', '/api/v2/session/', call);
  }

  /** Ends it. */
  async signOut(call: CallOptions = {}): Promise<void> {
    await this.#transport.send<typeof endSession>('DELETE', '/api/v2/session/', call);
  }

  /** Those of the caller that have not ended, the one that was begun last first. */
  list(query: QueryFor<typeof listSessions> = {}, call: CallOptions = {}): Listing<Session> {
    return this.#transport.list<typeof listSessions>('/api/v2/users/me/sessions/', { query, ...call });
  }

  /** Ends one of them at once; for administrators, one of anybody. */
  async revoke(sessionId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { sessionId }, ...call };
    await this.#transport.send<typeof revokeSession>(
      'DELETE',
      '/api/v2/users/me/sessions/:sessionId/',
      input,
    );
  }
}
