import { MIN_PASSWORD_LENGTH } from '@quarry/contract';
import type { Clock } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import { findUser } from '../../db/queries/find-user.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { removeSessions } from '../../db/queries/sessions.ts';
import { changeUser } from '../../db/queries/users.ts';
import { conflict, invalidFields } from '../../problems.ts';

/** Refuses what is guessed first. What else a password is made of is for whoever must remember it. */
export function refuseWeak(password: string, email: string): void {
  const signs = [...password.normalize('NFC')];
  if (signs.length < MIN_PASSWORD_LENGTH) {
    throw weak(`Choose a password of at least ${MIN_PASSWORD_LENGTH} characters; a few words do well.`);
  }
  if (new Set(signs).size < 4) {
    throw weak('Choose a password of more than three different characters.');
  }
  if (password.toLowerCase() === email.toLowerCase()) {
    throw weak('Choose another password than your address.');
  }
}

/**
 * Writes a new password, inside a write, and ends the sessions of its user but for one. Refuses when the one before is not
 * that which was looked at, since somebody else has set one meanwhile.
 */
export async function replacePassword(
  queries: Queries,
  clock: Clock,
  wanted: { userId: string; actorId: string; hash: string; before: string | null; except: string | null },
): Promise<void> {
  const { userId, actorId, hash, before, except } = wanted;
  const { user } = await findUser(queries, userId);
  if (user.password_hash !== before) {
    throw conflict('The password was set by another request at the same time.', {
      code: 'password_changed',
      hint: 'Try again with the password that you have now.',
    });
  }
  await changeUser(queries, userId, { password_hash: hash });
  const sessions = await removeSessions(queries, { userId }, { except });
  const [at, subject, detail] = [clock.now(), `user:${userId}`, { sessionsEnded: sessions }];
  await recordEvent(queries, { at, actorId, subject, verb: 'password_set', detail });
}

function weak(message: string) {
  return invalidFields({ password: [message] });
}
