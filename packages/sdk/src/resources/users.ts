import type { BodyFor, getCurrentUser, User, updateCurrentUser } from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import type { Transport } from '../transport.ts';

export class Users {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The user that the key belongs to; `AuthenticationError` when it belongs to none. */
  me(call: CallOptions = {}): Promise<User> {
    return this.#transport.send<typeof getCurrentUser>('GET', '/api/v2/users/me/', call);
  }

  /** Changes what the key's user may change of themselves, such as the SSH keys that their jobs let in; what is absent stays. */
  updateMe(changes: BodyFor<typeof updateCurrentUser>, call: CallOptions = {}): Promise<User> {
    return this.#transport.send<typeof updateCurrentUser>('PATCH', '/api/v2/users/me/', {
      body: changes,
      ...call,
    });
  }
}
