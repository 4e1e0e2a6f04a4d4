import type { getCurrentUser, User } from '@quarry/contract';
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
}
