/** Where in a file a text stands. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { wireBoolean, wireInteger, wireQuery, wireString } from './wire.ts';

/** Most matches that one request answers. */
const MAX_MATCHES = 1000;
const MAX_PATTERN_LENGTH = 1000;

/** A place in a file where what is looked for stands. */
export const matchInFile = z
  .strictObject({
    /** Where the match begins, in bytes from the beginning of the file. */
    offset: z.int().nonnegative(),
    /** Bytes of the match. */
    length: z.int().nonnegative(),
    /** Its line, from 1; null where the search did not begin at the first line, and nobody said at which. */
    line: z.int().positive().nullable(),
    /** Where that line begins, in bytes. */
    lineOffset: z.int().nonnegative(),
    /** The line, or the part of a long one around the match; bytes that are not UTF-8 are replaced. */
    text: z.string(),
  })
  .meta({ id: 'MatchInFile' });

/** What one request has found in a file. */
export const matchesInFile = z
  .strictObject({
    /** In the order of the file. */
    matches: z.array(matchInFile),
    /** Where to go on: `from` and `line` of the next request; null when all was searched. */
    next: z
      .strictObject({
        /** In bytes. */
        from: z.int().nonnegative(),
        /** Number of the line there; null as in matches. */
        line: z.int().positive().nullable(),
      })
      .nullable(),
    /** Of the file. */
    sizeBytes: z.int().nonnegative(),
  })
  .meta({ id: 'MatchesInFile' });
export type MatchesInFile = z.output<typeof matchesInFile>;

const findQuery = wireQuery(
  {
    /** What is looked for. */
    q: wireString({ max: MAX_PATTERN_LENGTH, blank: false, trim: false }),
    /** Whether `q` is a regular expression. */
    regex: wireBoolean().default(false),
    /** Whether upper and lower case differ. */
    matchCase: wireBoolean().default(false),
    /** Where to begin, in bytes. */
    from: wireInteger({ min: 0 }).default(0),
    /** Number of the line there. */
    line: wireInteger({ min: 1 }).optional(),
    /** Where to end, in bytes: matches begin before it. Absent: with the file. */
    to: wireInteger({ min: 1 }).optional(),
    /** How many matches are answered at most. */
    limit: wireInteger({ min: 1, max: MAX_MATCHES }).default(100),
  },
  { strict: true },
);

const HOW =
  'Searches line by line, as much as the server does in one request (`findBytes`, and no longer than `findSeconds`); `next` says where to go on. Regular expressions are those of JavaScript and see bytes, so that classes of characters are those of ASCII; one that takes longer than `findSeconds` is refused.';

export const findInFile = endpoint({
  method: 'GET',
  path: '/api/v2/files/:fileId/find/',
  versions: ['v2', 'v3'],
  tag: 'Files',
  access: 'user',
  extension: true,
  summary: 'Where in a file a text stands',
  description: HOW,
  params: z.object({
    /** Id of the file. */
    fileId: z.string(),
  }),
  query: findQuery,
  status: 200,
  refusals: ['BadRequest', 'TooManyRequests', 'ServiceUnavailable'],
  response: matchesInFile,
});

export const findInRunFile = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/:runId/find/*',
  versions: ['v2', 'v3'],
  tag: 'Runs',
  access: 'user',
  extension: true,
  summary: 'Where in a file of a run a text stands',
  description: `${HOW} While the run executes the file is searched as it is then, in the work directory, and after that among its outputs, as by \`tail/\`.`,
  params: z.object({
    /** Id of the job. */
    jobId: z.string(),
    /** Number of the run in its job, from 1. */
    runId: z.string(),
    /** Path of the file relative to the work directory, such as `process_output.log`. */
    '*': z.string(),
  }),
  query: findQuery,
  status: 200,
  refusals: ['BadRequest', 'TooManyRequests', 'ServiceUnavailable'],
  response: matchesInFile,
});
