import { z } from 'zod';
import { failure } from './agent.ts';
import { endpoint } from './endpoint.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import { wireChoice, wireId, wireQuery, wireTimestamp } from './wire.ts';

/** What can run as a task. */
export const TASK_KINDS = ['archive', 'results', 'copy', 'deletion'] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** How far a task can have come; the last three are ends. */
export const TASK_STATUSES = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** Something that takes long and goes on by itself, also over a restart of the server. */
export const task = z
  .strictObject({
    /** Id of the task. */
    id: wireId,
    /** What it does. */
    kind: z.enum(TASK_KINDS),
    /** `waiting` for its turn, `running`, or how it has ended. */
    status: z.enum(TASK_STATUSES),
    /** E-mail address of whoever began it; what it makes is theirs. */
    owner: z.string(),
    /** What it is about, which may have been deleted since. */
    subject: z.strictObject({
      /** What kind of thing that is: `job` or `storage-device`. */
      type: z.enum(['job', 'storage-device']),
      /** Its id. */
      id: wireId,
    }),
    /** How far it has come; from the beginning again when the server was started anew. */
    progress: z.strictObject({
      /** What is done. */
      done: z.int().nonnegative(),
      /** Of how much; null as long as that is not known. */
      of: z.int().nonnegative().nullable(),
      /** What both count. */
      unit: z.enum(['bytes', 'files', 'runs']),
    }),
    /** Whether it has ended. */
    ready: z.boolean(),
    /** What it has made, one entry; empty until it is done. */
    result: z.array(z.unknown()),
    /** Why it has failed; null otherwise. */
    error: failure.nullable(),
    /** When it was asked for. */
    dateInserted: wireTimestamp,
    /** When it was begun last; null before. */
    dateStarted: wireTimestamp.nullable(),
    /** When it ended; null before. */
    dateEnded: wireTimestamp.nullable(),
    /** When it is forgotten; null until it has ended. Files that it has made stay. */
    dateExpires: wireTimestamp.nullable(),
    /** What is different from what may be expected. */
    warnings: z.array(z.string()).optional(),
  })
  .meta({ id: 'Task' });
export type Task = z.output<typeof task>;

/** The answer to a question that was asked with a token. */
export const taskAnswer = z
  .strictObject({
    /** Whether the result is there. */
    ready: z.boolean(),
    /** What was asked for; empty until it is ready. */
    result: z.array(z.unknown()),
  })
  .meta({ id: 'TaskAnswer' });

const shared = { versions: ['v2', 'v3'], tag: 'Tasks', access: 'user' } as const;
const taskParams = z.object({
  /** Id of a task, or the token from the answer to a question, such as that of `jobs/{jobId}/servers/load/`. */
  token: z.string(),
});

export const getTask = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/tasks/:token/',
  summary: 'A task, or the answer to a question that may take long',
  description:
    'Ask again while `ready` is false. By its id, a task is seen by whoever began it, by whoever may see the job or use the storage device that it is about, and by administrators; its other fields come with it. A token is good for an hour, for the user who got it and as long as they may see what it is about: 410 after that, 404 for anybody else.',
  params: taskParams,
  refusals: ['Gone'],
  status: 200,
  response: z.union([task, taskAnswer]),
});

export const listTasks = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/tasks/',
  summary: 'Tasks that you may see, newest first',
  description:
    'Those that you began, and those about jobs and storage devices that you may see; for administrators all. One that has ended is forgotten after a week.',
  extension: true,
  query: wireQuery(
    {
      ...pageFields,
      /** Only those that are so far. */
      status: wireChoice(TASK_STATUSES, (text) => text.toLowerCase()).optional(),
      /** Only those that do this. */
      kind: wireChoice(TASK_KINDS, (text) => text.toLowerCase()).optional(),
    },
    { aliases: pageAliases },
  ),
  status: 200,
  response: page(task),
});

export const deleteTask = endpoint({
  ...shared,
  method: 'DELETE',
  path: '/api/v2/tasks/:token/',
  summary: 'Cancel a task, or forget one that has ended',
  description:
    'For whoever began it, whoever may see its job or manages its storage device, and administrators. A cancelled task has made nothing that anybody sees; a file that one which has ended has made stays. One that is being completed, and a deletion, which was promised when it was asked for, are refused with 409. Tokens are not cancelled: 404.',
  extension: true,
  params: taskParams,
  refusals: ['Conflict', 'Forbidden'],
  status: 204,
});

/** What every endpoint has that begins a task. */
export const beginsTask = {
  versions: ['v2', 'v3'],
  extension: true,
  tag: 'Tasks',
  access: 'user',
  method: 'POST',
  status: 202,
  response: task,
  refusals: ['TooManyRequests'],
} as const;
