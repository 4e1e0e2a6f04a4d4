import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import { signInLink, wirePassword } from './passwords.ts';
import { user } from './users.ts';
import { wireObject, wireQuery, wireString, wireTimestamp } from './wire.ts';

/** The header that carries the token of a session; its cookie must come with it. */
export const SESSION_HEADER = 'x-quarry-session';

/** The header by which a page says that nobody asked for this request: it keeps a session from being idle no more than a stream does. */
export const AUTOMATIC_HEADER = 'x-quarry-automatic';

/** How somebody showed who they are; later servers know more. */
export const SIGN_IN_WAYS = ['key', 'password', 'link'] as const;
export type SignInWay = (typeof SIGN_IN_WAYS)[number];

const sessionFields = {
  /** Id of the session, to end it by. */
  id: z.string().min(1),
  /** How it was begun: with a `key`, with a `password`, or by a `link` that opens once; later servers know more. */
  way: z.string(),
  /** When it was begun. */
  dateCreated: wireTimestamp,
  /** When it was used last, to the minute or so. */
  dateLastUsed: wireTimestamp,
  /** When it ends, however much it is used; sooner when it is left idle. */
  dateExpires: wireTimestamp,
  /** What the browser called itself when it signed in; may be empty. */
  userAgent: z.string(),
  /** The address that it signed in from; of IPv6 its network. */
  address: z.string(),
};

/** A session of a browser, without its secrets. */
export const session = z
  .strictObject({
    ...sessionFields,
    /** Whether it is the one that carries this request. */
    isCurrent: z.boolean(),
  })
  .meta({ id: 'Session' });
export type Session = z.output<typeof session>;

/** The session that carries a request, with whose it is. */
export const ownSession = z
  .strictObject({
    ...sessionFields,
    /** Who has signed in. */
    user,
  })
  .meta({ id: 'OwnSession' });
export type OwnSession = z.output<typeof ownSession>;

/** A session that has just been begun. */
export const createdSession = ownSession
  .extend({
    /** For the header `X-Quarry-Session` of each request, shown this once. It is worth nothing without the cookie of the answer. */
    token: z.string().min(1),
  })
  .meta({ id: 'CreatedSession' });
export type CreatedSession = z.output<typeof createdSession>;

/** What somebody shows to sign in: one thing. */
export const signIn = wireObject({
  /** An API key of your own. */
  key: wireString({ max: 200, blank: false }).optional(),
  /** Your e-mail address, with the password beside it. */
  email: wireString({ max: 254, blank: false }).optional(),
  /** Your password; with the code of a link that sets one, the new one. */
  password: wirePassword().optional(),
  /** What stands behind `#code=` in a link for signing in. It opens once. */
  code: wireString({ max: 200, blank: false }).optional(),
});
export type SignIn = z.input<typeof signIn>;

export const createSession = endpoint({
  method: 'POST',
  path: '/api/v2/session/',
  versions: ['v2', 'v3'],
  summary: 'Sign in: begin a session of a browser',
  description:
    'Shown is a key, an e-mail address with its password, or the code of a link; with that of a link for setting a password, the new password as well. For pages of this platform alone: the header `Origin` must name it. The answer sets a cookie that no script can read, and has a token for the header `X-Quarry-Session`; requests need both. A session ends when it is left idle, after some days, when it or the key that began it is revoked, and when its user is locked out. Wrong passwords slow further ones down (429 with `Retry-After`), and nothing else.',
  tag: 'Sessions',
  access: 'public',
  extension: true,
  body: signIn,
  status: 201,
  refusals: ['Unauthorized', 'Forbidden', 'TooManyRequests'],
  response: createdSession,
});

export const getSession = endpoint({
  method: 'GET',
  path: '/api/v2/session/',
  versions: ['v2', 'v3'],
  summary: 'The session that carries this request, and whose it is',
  description: 'A request with a key has none: 404.',
  tag: 'Sessions',
  access: 'user',
  extension: true,
  refusals: ['NotFound'],
  status: 200,
  response: ownSession,
});

export const endSession = endpoint({
  method: 'DELETE',
  path: '/api/v2/session/',
  versions: ['v2', 'v3'],
  summary: 'Sign out: end the session that carries this request',
  description: 'Requests that wait with it end too. A request with a key has none: 404.',
  tag: 'Sessions',
  access: 'user',
  extension: true,
  refusals: ['NotFound'],
  status: 204,
});

export const listSessions = endpoint({
  method: 'GET',
  path: '/api/v2/users/me/sessions/',
  versions: ['v2', 'v3'],
  summary: 'Where you are signed in',
  description: 'Your sessions that have not ended, the one that was begun last first.',
  refusals: ['Forbidden'],
  tag: 'Sessions',
  access: 'user',
  extension: true,
  query: wireQuery(pageFields, { aliases: pageAliases }),
  status: 200,
  response: page(session),
});

export const revokeSession = endpoint({
  method: 'DELETE',
  path: '/api/v2/users/me/sessions/:sessionId/',
  versions: ['v2', 'v3'],
  summary: 'End a session at once',
  description:
    'Requests that wait with it end too. Administrators may end the sessions of all users; one that is not yours is answered with 404.',
  refusals: ['Forbidden'],
  tag: 'Sessions',
  access: 'user',
  extension: true,
  params: z.object({
    /** Id of the session. */
    sessionId: z.string(),
  }),
  status: 204,
});

export const createSignInLink = endpoint({
  method: 'POST',
  path: '/api/v2/session/link/',
  versions: ['v2', 'v3'],
  summary: 'Make a link that signs a browser in as you, once',
  description:
    'It opens within ten minutes, and the session that it begins ends with the key that made it. A session makes none, and neither does the key of a job (403): a session lasts no longer than it was meant to.',
  tag: 'Sessions',
  access: 'user',
  extension: true,
  refusals: ['Forbidden'],
  status: 201,
  response: signInLink,
});
