import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import { wireChoice, wireDate, wireQuery, wireString, wireTimestamp } from './wire.ts';

/** What can have been done, in one word each. */
export const EVENT_VERBS = [
  'created',
  'changed',
  'submitted',
  'stopped',
  'run_stopped',
  'run_signalled',
  'run_directory_discarded',
  'rerun',
  'resumed',
  'deleted',
  'member_added',
  'member_removed',
  'first_used',
  'revoked',
  'signed_in',
  'signed_out',
  'link_created',
  'password_set',
  'refused',
  'extended',
  'filling',
  'snapshot_requested',
  'snapshot_taken',
  'snapshot_failed',
  'logged_in',
  'login_refused',
  'started',
  'done',
  'failed',
  'cancelled',
] as const;
export type EventVerb = (typeof EVENT_VERBS)[number];

/** The person behind what was done, with a key of their own or that of one of their jobs. */
export const eventActor = z.strictObject({
  /** The user's id. */
  id: z.string().min(1),
  /** The user's address, as it is now. */
  email: z.string(),
});

/** What something was done to. */
export const eventSubject = z.strictObject({
  /** What kind of thing it is: `job`, `file`, `files`, `upload`, `user`, `key`, `session`, `project`, `job_template`, `task` or `endpoint`; later servers know more. */
  type: z.string(),
  /** Its id; of an endpoint the method and path. Null where there were many, as in an upload of many files. */
  id: z.string().nullable(),
});

/** Something that was done on this platform. */
export const loggedEvent = z
  .strictObject({
    /** Grows from event to event. */
    id: z.string().min(1),
    /** When it was done. */
    date: wireTimestamp,
    /** Who did it; null for the platform itself. */
    actor: eventActor.nullable(),
    /** What it was done to, which may have been deleted since. */
    subject: eventSubject,
    /** What was done, such as `created`, `changed`, `deleted`, `submitted`, `stopped`, `revoked` or `refused`; later servers know more. */
    verb: z.string(),
    /** What else there is to say, by name, such as the `fields` that were changed. Never a secret. */
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'LoggedEvent' });
export type LoggedEvent = z.output<typeof loggedEvent>;

export const eventListQuery = wireQuery(
  {
    ...pageFields,
    /** Only what this user did: an id or an address. */
    actor: wireString({ max: 255 }).optional(),
    /** Only what was done to this: a type and an id, such as `job:QkzTpb`. */
    subject: wireString({ max: 600 }).optional(),
    /** Only what has this verb. */
    verb: wireChoice(EVENT_VERBS).optional(),
    /** Only what was done at this time or later. */
    since: wireDate().optional(),
    /** Only what was done before this time. */
    until: wireDate().optional(),
  },
  { aliases: pageAliases },
);
export type EventListQuery = z.output<typeof eventListQuery>;

export const listEvents = endpoint({
  method: 'GET',
  path: '/api/v2/events-log/',
  versions: ['v2', 'v3'],
  summary: 'Who did what, the latest first',
  description:
    'Everything that users changed: jobs, files, users, keys and projects, and what they asked for and were refused. How jobs went on is in their statuses.',
  tag: 'Administration',
  access: 'admin',
  extension: true,
  query: eventListQuery,
  status: 200,
  response: page(loggedEvent),
});
