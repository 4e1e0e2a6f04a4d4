import type { Authenticator } from '../../access/authenticate.ts';
import type { PasswordTries } from '../../access/password-tries.ts';
import type { Passwords } from '../../access/passwords.ts';
import type { Sessions } from '../../access/sessions.ts';
import type { Clock } from '../../clock.ts';
import type { Database } from '../../db/database.ts';

/** What the endpoints of users, keys and projects are made of. */
export interface PeopleContext {
  database: Database;
  clock: Clock;
  authenticator: Authenticator;
  sessions: Sessions;
  passwords: Passwords;
  passwordTries: PasswordTries;
  /** The longest walltime in hours, of users without a bound of their own. */
  maxJobHours: number;
}
