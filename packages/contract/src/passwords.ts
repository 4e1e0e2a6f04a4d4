import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { wireObject, wireString, wireTimestamp } from './wire.ts';

/** The fewest characters of a password; what it is made of is everybody's own. */
export const MIN_PASSWORD_LENGTH = 10;
/** The most, so that nobody can make the server hash without end. */
export const MAX_PASSWORD_LENGTH = 1000;

/** A password as somebody typed it: blanks at its ends belong to it. */
export function wirePassword(): z.ZodType<string, string> {
  return wireString({ max: MAX_PASSWORD_LENGTH, blank: false, trim: false });
}

/** A password, and what shows that it is its owner who wants it. */
export const passwordChange = wireObject({
  /** The new password, of ten characters at least. */
  password: wirePassword(),
  /** The one that there is; needed when there is one and the request is carried by a session. */
  currentPassword: wirePassword().optional(),
});
export type PasswordChange = z.input<typeof passwordChange>;

export const setPassword = endpoint({
  method: 'PUT',
  path: '/api/v2/users/me/password/',
  versions: ['v2', 'v3'],
  summary: 'Set or change the password that you sign in with',
  description:
    'Ends your sessions, but for the one that carries the request; keys go on. Programs cannot use a password. Wrong ones slow further tries down (429), as in signing in. The key of a job sets none (403).',
  tag: 'Sessions',
  access: 'user',
  extension: true,
  refusals: ['Forbidden', 'TooManyRequests', 'ServiceUnavailable'],
  body: passwordChange,
  status: 204,
});

/** A link that signs a browser in. */
export const signInLink = z
  .strictObject({
    /** Where to go with a browser. What stands behind `#` goes to no server by itself, and into no log. */
    url: z.string(),
    /** When it opens no more, used or not. */
    dateExpires: wireTimestamp,
  })
  .meta({ id: 'SignInLink' });
export type SignInLink = z.output<typeof signInLink>;

export const createPasswordLink = endpoint({
  method: 'POST',
  path: '/api/v2/users/:userId/password-link/',
  versions: ['v2', 'v3'],
  summary: 'Make a link by which a user sets a new password, once',
  description:
    'For who has forgotten theirs, or has none. It opens within a day; the password that there is holds until then. A new link makes the ones before it worthless.',
  tag: 'Administration',
  access: 'admin',
  extension: true,
  params: z.object({
    /** Id of the user. */
    userId: z.string(),
  }),
  status: 201,
  response: signInLink,
});
