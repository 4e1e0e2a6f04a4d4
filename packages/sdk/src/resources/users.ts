import type {
  BodyFor,
  getCurrentUser,
  getPreferences,
  PasswordChange,
  Preferences,
  setPassword,
  User,
  updateCurrentUser,
  updatePreferences,
} from '@quarry/contract';
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

  /** What pages of the platform keep for the user. For Quarry servers. */
  preferences(call: CallOptions = {}): Promise<Preferences> {
    return this.#transport.send<typeof getPreferences>('GET', '/api/v2/users/me/preferences/', call);
  }

  /** Changes some of it; null takes a value away, what is not named stays. Answers all of it. */
  updatePreferences(changes: Preferences, call: CallOptions = {}): Promise<Preferences> {
    return this.#transport.send<typeof updatePreferences>('PATCH', '/api/v2/users/me/preferences/', {
      body: changes,
      ...call,
    });
  }

  /**
   * Sets the password that the user signs in to pages with, which programs cannot use, and ends their other sessions. With
   * a session the one before must come with it. `BadRequestError` when it is too short, or that one is wrong.
   */
  async setPassword(change: PasswordChange, call: CallOptions = {}): Promise<void> {
    await this.#transport.send<typeof setPassword>('PUT', '/api/v2/users/me/password/', {
      body: change,
      ...call,
    });
  }
}
