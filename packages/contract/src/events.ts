import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { EVENT_VERBS, eventActor, eventSubject } from './events-log.ts';
import { wireQuery, wireString, wireTimestamp, wireWordList } from './wire.ts';

/** What the stream of events tells beside what was done: how jobs go on. */
export const JOB_NEWS = ['status', 'progress', 'ended'] as const;

/** Verbs that the stream of events can be asked for. */
export const STREAM_VERBS = [...EVENT_VERBS, ...JOB_NEWS] as const;
export type StreamVerb = (typeof STREAM_VERBS)[number];

/** Ids of jobs or projects that the stream can be asked for at once. */
export const MAX_STREAM_IDS = 100;

/** The job that an event is about. */
export const eventJob = z.strictObject({
  /** Id of the job. */
  id: z.string().min(1),
  /** Its name, as it is now. */
  name: z.string(),
  /** The project it belongs to now; null for none. */
  projectId: z.string().nullable(),
  /** The address of its owner. */
  owner: z.string(),
});

/** Something that was done on this platform, or how a job goes on. */
export const platformEvent = z
  .strictObject({
    /** The place in the stream behind this event, for `Last-Event-ID`; null for `progress`, which is told anew. */
    id: z.string().nullable(),
    /** When it was done, or came about. */
    date: wireTimestamp,
    /** Who did it; null for the platform itself. */
    actor: eventActor.nullable(),
    /** What it was done to, which may have been deleted since. */
    subject: eventSubject,
    /** What was done, in the words of `events-log/`, or `status`, `progress` or `ended` of a job; later servers know more. */
    verb: z.string(),
    /** The job that it is about; null where it is about none. */
    job: eventJob.nullable(),
    /** Of `status` and `ended` the `JobStatus`, of `ended` also `outcome`, `failure` and `progress`; of `progress` the counts `runs`, `ended` and `failed`; else as in `events-log/`. */
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'PlatformEvent' });
export type PlatformEvent = z.output<typeof platformEvent>;

export const eventStreamQuery = wireQuery({
  /** Only what came after this event: its id. The header `Last-Event-ID` wins over it. */
  after: wireString({ max: 64 }).optional(),
  /** Only of these jobs: ids, separated by commas. */
  job: wireWordList({ max: MAX_STREAM_IDS }).optional(),
  /** Only of jobs of these projects: ids, separated by commas. */
  project: wireWordList({ max: MAX_STREAM_IDS }).optional(),
  /** Only what has one of these verbs, separated by commas. */
  verb: wireWordList({ max: STREAM_VERBS.length, of: STREAM_VERBS }).optional(),
});
export type EventStreamQuery = z.output<typeof eventStreamQuery>;

export const watchEvents = endpoint({
  method: 'GET',
  path: '/api/v2/events/',
  versions: ['v2', 'v3'],
  summary: 'What happens to all that you may see, as it happens (server-sent events)',
  description: [
    '`text/event-stream`. Each event is named by its verb and carries a `PlatformEvent` as JSON: what was done to jobs that you may see (`created`, `submitted`, `deleted` and the other words of `events-log/`), each `status` of theirs, `progress` whenever counts of runs change, and `ended` for the status `Completed`. What you yourself did to anything else is told as well, and administrators are told everything.',
    'The first event is `ready`: whoever reads lists after it misses nothing. A client that comes again with `Last-Event-ID`, or with `after`, gets what came after, each event once, and no `ready`. Where that is not possible any more, `reset` comes first, with `reason` and `detail`: read the lists anew. An `id` without data is the place up to which there was nothing for you.',
    'What you may see is judged when an event is sent. When the key ends, `closed` comes with `code`, `detail` and `hint`, and is the last.',
  ].join('\n\n'),
  tag: 'Jobs',
  access: 'user',
  extension: true,
  query: eventStreamQuery,
  headers: z.object({
    /** Id of the last event that the client got; what came after it follows. */
    'Last-Event-ID': z.string().optional(),
  }),
  status: 200,
  responseKind: 'bytes',
  mediaTypes: ['text/event-stream'],
});
