import { z } from 'zod';
import { collectProgress, failure, runUsage, skippedOutput } from './agent.ts';
import { endpoint } from './endpoint.ts';
import { fileObject, outputListQuery } from './files.ts';
import { jobOutcome } from './job-status.ts';
import { MAX_NAME_LENGTH, MAX_RUN_CONDITIONS, MAX_TAIL_LINES } from './limits.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import { restartedFrom } from './snapshots.ts';
import {
  documentedAs,
  wireBoolean,
  wireChoice,
  wireInteger,
  wireObject,
  wireQuery,
  wireString,
  wireTimestamp,
  wireWordList,
} from './wire.ts';

export const RUN_TYPE = { optimization: 1, iteration: 2, case: 3 } as const;

/** How an attempt ended that was followed by another. */
export const runAttempt = z
  .strictObject({
    /** When its first command was started; null where it had not begun. */
    dateStarted: wireTimestamp.nullable(),
    /** When it ended. */
    dateCompleted: wireTimestamp.nullable(),
    /** How it ended. */
    outcome: jobOutcome.nullable(),
    /** Exit code of its last command; null where there is none, as after a signal. */
    exitCode: z.int().nullable(),
    /** Why it ended otherwise than in success; null after success. */
    failure: failure.nullable(),
  })
  .meta({ id: 'RunAttempt' });
export type RunAttempt = z.output<typeof runAttempt>;

/** One execution of all tiles of a job in one directory. */
export const run = z
  .strictObject({
    /** Number of the run in its job, from 1. */
    id: z.string().regex(/^[1-9]\d*$/),
    /** The same as a number, to sort by. */
    displayOrder: z.int(),
    /** 1 stands for an optimization as a whole, 2 is an iteration of it, 3 any other run. */
    type: z.int(),
    /** Id of the optimization that an iteration belongs to; null for other runs. */
    parent: z.string().nullable(),
    /** When its first command was started; null while it waits. */
    dateStarted: wireTimestamp.nullable(),
    /** When it ended; null until then. */
    dateCompleted: wireTimestamp.nullable(),
    /** Whether it is the best iteration so far that keeps every constraint. */
    isOptimal: z.boolean(),
    /** Number of its output files. */
    outputFileCount: z.int().nonnegative(),
    /** Size of its output files together, in bytes. */
    outputFileSize: z.int().nonnegative(),
    /** Values of its variables: those that it was given, then those that it printed. */
    variables: z.array(
      z.strictObject({
        /** Name of the variable. */
        name: z.string(),
        /** Its value as a number; null where it is no number. */
        value: z.number().nullable(),
        /** Its value as the text that templates insert. */
        displayValue: z.string(),
        /** Whether the value is a difference from the nominal one; always false here. */
        isRelative: z.boolean(),
      }),
    ),
    /** How it ended; null until then. Not part of the original API. */
    outcome: jobOutcome.nullable().optional(),
    /** Why it ended otherwise than in success; null after success and until it has ended. Not part of the original API. */
    failure: failure.nullable().optional(),
    /** Exit code of its last command; null where there is none, as after a signal. Not part of the original API. */
    exitCode: z.int().nullable().optional(),
    /** 1 at first, one more each time the run is executed again. Not part of the original API. */
    attempt: z.int().positive().optional(),
    /** The attempts before this one, oldest first; the latest hundred of them. Not part of the original API. */
    previousAttempts: z.array(runAttempt).optional(),
    /** What it used; null until it has ended. Not part of the original API. */
    usage: runUsage.nullable().optional(),
    /** How much it left that could not be kept. Not part of the original API. */
    skippedCount: z.int().nonnegative().optional(),
    /** The first of that by name, each with its reason. Not part of the original API. */
    skipped: z.array(skippedOutput).optional(),
    /** How far its outputs are collected, while that takes long; null before and after. Not part of the original API. */
    collecting: collectProgress.nullable().optional(),
    /** Whether its outputs are what it had left when it was cut off by the end of its agent. Not part of the original API. */
    isUnfinished: z.boolean().optional(),
    /** Whether this attempt goes on where the one before was cut off. Not part of the original API. */
    isResumed: z.boolean().optional(),
    /** What it goes on from; null for a run that begins anew. Not part of the original API. */
    restartedFrom: restartedFrom.nullable().optional(),
    /**
     * The directory in which it was cut off: until it is removed, the run can be resumed there. Null without one. Not
     * part of the original API.
     */
    keptDirectory: z
      .strictObject({
        /** What it takes on the disk, in bytes; null when nobody has looked. */
        sizeBytes: z.int().nonnegative().nullable(),
        /** When it is removed; null while the run is resumed. */
        dateExpires: wireTimestamp.nullable(),
      })
      .nullable()
      .optional(),
  })
  .meta({ id: 'Run' });
export type Run = z.output<typeof run>;

const runParams = z.object({
  /** Id of the job. */
  jobId: z.string(),
  /** Number of the run in its job, from 1. */
  runId: z.string(),
});

/** `waiting` runs have not begun, `executing` ones have not ended. */
export const RUN_STATES = ['waiting', 'executing', 'ended'] as const;
export type RunState = (typeof RUN_STATES)[number];

const OPERATORS = ['>=', '<=', '!=', '=', '>', '<'] as const;
/** Blanks are taken off afterwards: two repetitions that both take them would try a long text of blanks at each. */
const CONDITION = new RegExp(`^(.+?)(${OPERATORS.join('|')})(.*)$`, 's');

/** What the value of a column must be. */
export interface RunCondition {
  column: string;
  operator: (typeof OPERATORS)[number];
  value: string;
}

const conditions = z.string().transform((text, context): RunCondition[] => {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > MAX_RUN_CONDITIONS) {
    context.addIssue({
      code: 'custom',
      message: `Ensure there are no more than ${MAX_RUN_CONDITIONS} conditions.`,
    });
    return z.NEVER;
  }
  return parts.flatMap((part) => {
    const [, column, operator, value] = CONDITION.exec(part) ?? [];
    if (column === undefined) {
      const shown = part.length > 80 ? `${part.slice(0, 80)}…` : part;
      const message = `"${shown}" is no condition. Write column, operator (${OPERATORS.join(' ')}) and value, such as lift>=0.5, with a comma between two conditions.`;
      context.addIssue({ code: 'custom', message });
      return [];
    }
    return [
      { column: column.trim(), operator: operator as RunCondition['operator'], value: value!.trimStart() },
    ];
  });
}) as unknown as z.ZodType<RunCondition[], string>;
documentedAs.set(conditions, { type: 'string', minLength: 1 });

export const runListQuery = wireQuery(
  {
    ...pageFields,
    /** Only runs in these states, separated by commas. Not part of the original API. */
    state: wireWordList({ max: RUN_STATES.length, of: RUN_STATES }).optional(),
    /** Only runs that ended like this; several outcomes separated by commas. Not part of the original API. */
    outcome: wireWordList({ max: jobOutcome.options.length, of: jobOutcome.options }).optional(),
    /**
     * Only runs for which all of these hold, separated by commas: a column of `results/` and what it must be, such as
     * `angle>=5,Cd<0.3` or `shape=round`. A run without the value is left out. Not part of the original API.
     */
    where: conditions.optional(),
    /**
     * Name of a column of `results/` that orders the list, descending with `-`, such as `-Cd` or `wallSeconds`; runs without
     * the value come last. By number when absent. Not part of the original API.
     */
    ordering: wireString({ max: MAX_NAME_LENGTH + 1, blank: false }).optional(),
  },
  { aliases: pageAliases, strict: true, ignored: ['start_date', 'end_date'] },
);
export type RunListQuery = z.output<typeof runListQuery>;

export const listJobRuns = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/',
  versions: ['v2', 'v3'],
  summary: 'All runs of a job, planned ones included',
  description:
    'In the order of their numbers unless another is asked for; empty before submit. A run without `dateStarted` waits, one without `dateCompleted` executes. With a filter or an order, the run that stands for an optimization is left out. A parameter that there is not is refused.',
  tag: 'Runs',
  access: 'user',
  params: z.object({
    /** Id of the job. */
    jobId: z.string(),
  }),
  query: runListQuery,
  status: 200,
  response: page(run),
  refusals: ['TooManyRequests'],
});

export const getJobRun = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/:runId/',
  versions: ['v2', 'v3'],
  summary: 'One run',
  description: 'The same as its item in the list. A number that the job has no run of is answered with 404.',
  tag: 'Runs',
  access: 'user',
  params: runParams,
  status: 200,
  response: run,
});

export const stopJobRun = endpoint({
  method: 'POST',
  path: '/api/v2/jobs/:jobId/runs/:runId/stop/',
  versions: ['v2', 'v3'],
  summary: 'Stop one run; the others go on',
  description: 'A run that has ended is left as it is.',
  tag: 'Runs',
  access: 'user',
  params: runParams,
  bodyKind: 'ignored',
  status: 200,
  response: z.strictObject({}),
});

/** Signals that a run may be sent. SIGKILL is not among them: a job is stopped by force instead. */
export const RUN_SIGNALS = [
  ...(['SIGUSR1', 'SIGUSR2', 'SIGHUP', 'SIGWINCH'] as const),
  ...(['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGSTOP', 'SIGTSTP', 'SIGCONT'] as const),
] as const;
export type RunSignal = (typeof RUN_SIGNALS)[number];

export const signalJobRun = endpoint({
  method: 'POST',
  path: '/api/v2/jobs/:jobId/runs/:runId/signal/',
  versions: ['v2', 'v3'],
  summary: 'Send a signal to the processes of a run',
  description: [
    'Only the processes of the command that the run executes now get it, and nothing outside of the run. `SIGUSR1`, `SIGUSR2`, `SIGHUP` and `SIGWINCH` are for programs that wait for them, and go to those processes alone that handle them: others would be ended, such as the shell around a solver. The others go to all. 409 when the run is not executing, when it has no command just now, when none of its processes handles the signal, or when its agent is of an earlier version; 503 when the agent does not answer in time: then the signal may have been sent, or not.',
    'What the signal does is up to the command: one that is ended by it has failed. A run that is stopped by `SIGSTOP` keeps its cores, and its walltime goes on.',
  ].join('\n\n'),
  tag: 'Runs',
  access: 'user',
  extension: true,
  params: runParams,
  body: wireObject({
    /** Name of the signal, such as `SIGUSR1` or `USR1`. */
    signal: wireChoice(RUN_SIGNALS, (text) => `SIG${text.toUpperCase().replace(/^SIG/, '')}`),
  }),
  status: 200,
  response: z.strictObject({
    /** Name of the signal. */
    signal: z.enum(RUN_SIGNALS),
    /** How many processes it was sent to. */
    processes: z.int().positive(),
    /** What was accepted without effect, such as fields that are unknown here. */
    warnings: z.array(z.string()).optional(),
  }),
  refusals: ['Forbidden', 'Conflict', 'TooManyRequests', 'ServiceUnavailable'],
});

export const listRunFiles = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/:runId/files/',
  versions: ['v2', 'v3'],
  summary: 'Output files of one run',
  description:
    'Newest first. They are there when the run has ended; while it executes, `directory-contents/` and `tail/` look into its work directory.',
  tag: 'Runs',
  access: 'user',
  params: runParams,
  query: outputListQuery,
  status: 200,
  response: page(fileObject),
});

/** A file in the work directory of a run. */
export const directoryEntry = z
  .strictObject({
    /** Path of the file relative to the work directory. */
    path: z.string(),
    /** Path of the API that tails the file; of what is no file, the one that lists the directory of the run. */
    resource: z.string(),
    /** What it is; anything but files is listed with `all` only. Not part of the original API. */
    type: z.enum(['file', 'directory', 'link', 'other']).optional(),
    /** Size in bytes. Not part of the original API. */
    sizeBytes: z.int().nonnegative().optional(),
    /** When its content changed last; null where nobody knows. Not part of the original API. */
    dateModified: wireTimestamp.nullable().optional(),
  })
  .meta({ id: 'DirectoryEntry' });
export type DirectoryEntry = z.output<typeof directoryEntry>;

export const listRunDirectory = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/:runId/directory-contents/',
  versions: ['v2', 'v3'],
  summary: 'Files in the work directory of a run',
  description:
    'A bare list without pages, sorted by path; links are not followed. While the run executes, and while its directory is kept after it was cut off by the end of its agent, what lies there now; of any other run that has ended its outputs, and 404 before it executes. A directory larger than the server lists (`directoryEntries`) is cut, and the header `Warning` says so.',
  tag: 'Runs',
  access: 'user',
  params: runParams,
  query: wireQuery({
    /** `1` lists directories, links and what else there is, too. */
    all: wireBoolean().optional(),
  }),
  status: 200,
  response: z.array(directoryEntry),
});

export const discardRunDirectory = endpoint({
  method: 'DELETE',
  path: '/api/v2/jobs/:jobId/runs/:runId/directory/',
  versions: ['v2', 'v3'],
  summary: 'Give up the directory that is kept of a run that was cut off by the end of its agent',
  description: 'The run cannot be resumed any more; its outputs stay.',
  tag: 'Runs',
  access: 'user',
  extension: true,
  params: runParams,
  status: 204,
  refusals: ['Conflict'],
});

/** The last lines of a file. */
export const runTail = z
  .strictObject({
    /** Path of the file and what it holds, in the words of the program `file`. */
    fileType: z.string(),
    /** The lines, oldest first, without their line ends. */
    lines: z.array(z.string()),
    /** There when the answer could not hold all: the first line is not whole, or there are fewer than were asked for. */
    truncated: z.literal(true).optional(),
  })
  .meta({ id: 'RunTail' });
export type RunTail = z.output<typeof runTail>;

export const tailRunFile = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/:runId/tail/*',
  versions: ['v2', 'v3'],
  summary:
    'A file of a run: its last lines as JSON with `lines`, its bytes, or with `follow` what is written to it',
  description: [
    'Paths are relative to the work directory, such as `process_output.log`. While the run executes, and while its directory is kept after it was cut off by the end of its agent, the file is read there; once the run has ended, from its outputs. Of lines, a carriage return ends one as well, as programs write it that show their progress; `truncated` says that the answer could not hold all that was asked for. Bytes may be asked for by a range; the file of a run that executes has no entity tag, so `If-Range` gets all of it.',
    '`follow=1` answers server-sent events (`text/event-stream`) until the run has ended. `data` carries `start`, the offset of its first byte, and `text`, or `base64` where the bytes are no UTF-8; its id tells where the next one begins: a client that comes again with `Last-Event-ID` goes on there, in the work directory as among the outputs. `waiting` says that the file is not there yet, with `code` and `message`. `restart` says that the file was truncated or replaced (`reason`), and that it follows from its first byte. `end` is the last: `outcome`, `failure` and `exitCode` of the run, and `sizeBytes` of the file, null when the run has left none.',
  ].join('\n\n'),
  tag: 'Runs',
  access: 'user',
  params: z.object({
    /** Id of the job. */
    jobId: z.string(),
    /** Number of the run in its job, from 1. */
    runId: z.string(),
    /** Path of the file relative to the work directory; its slashes may be sent as they are or as `%2F`. */
    '*': z.string(),
  }),
  query: wireQuery({
    /** How many lines from the end; without it the bytes of the file come. With `follow`, where to begin. */
    lines: wireInteger({ min: 1, max: MAX_TAIL_LINES }).optional(),
    /** `1` sends what is written to the file, until the run has ended. Not part of the original API. */
    follow: wireBoolean().optional(),
    /** With `follow`: the byte to begin with, from 0; `Last-Event-ID` counts more. */
    offset: wireInteger({ min: 0 }).optional(),
  }),
  headers: z.object({
    /** `bytes=<first>-<last>`, `bytes=<first>-` or `bytes=-<length>`: one range, of bytes only. */
    Range: z.string().optional(),
    /** The entity tag for which the range counts; else all bytes come. */
    'If-Range': z.string().optional(),
    /** With `follow`: id of the last event that the client got; what came after it follows. */
    'Last-Event-ID': z.string().optional(),
  }),
  status: 200,
  response: runTail,
  responseKind: 'bytes',
  mediaTypes: ['application/octet-stream', 'text/event-stream'],
  acceptsRanges: true,
  refusals: ['TooManyRequests', 'ServiceUnavailable'],
});
