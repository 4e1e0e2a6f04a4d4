/** Where the lines of a text begin, without reading it. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { wireInteger, wireQuery } from './wire.ts';

/** More offsets make no answer more useful. */
const MAX_EVERY = 1_000_000_000;

/** Where the lines of a file begin. */
export const lineIndex = z
  .strictObject({
    /** Where lines 1, 1 + `every`, 1 + 2 * `every` and so on begin, in bytes; ten thousand at most. */
    offsets: z.array(z.int().nonnegative()),
    /** Lines from one offset to the next: what was asked for, doubled until the offsets are few enough. */
    every: z.int().positive(),
    /** Lines of what was looked at; an end without a line feed counts as one. */
    lineCount: z.int().nonnegative(),
    /** How much was looked at, in bytes from the beginning; less than `sizeBytes` for a file larger than one request looks at. */
    indexedBytes: z.int().nonnegative(),
    /** Of the file. */
    sizeBytes: z.int().nonnegative(),
  })
  .meta({ id: 'LineIndex' });
export type LineIndex = z.output<typeof lineIndex>;

export const lineIndexQuery = wireQuery(
  {
    /** Lines from one offset to the next, at least. */
    every: wireInteger({ min: 1, max: MAX_EVERY }).default(1000),
  },
  { strict: true },
);

const HOW =
  'Lines end with a line feed. As much of the file is looked at as the server does in one request (`lineIndexBytes`, `lineIndexSeconds`); `indexedBytes` says how much.';

export const getLineIndex = endpoint({
  method: 'GET',
  path: '/api/v2/files/:fileId/line-index/',
  versions: ['v2', 'v3'],
  tag: 'Files',
  access: 'user',
  extension: true,
  summary: 'Where the lines of a text file begin',
  description: `${HOW} The bytes of a file never change, and so the answer has an entity tag.`,
  params: z.object({
    /** Id of the file. */
    fileId: z.string(),
  }),
  query: lineIndexQuery,
  status: 200,
  refusals: ['BadRequest', 'TooManyRequests', 'ServiceUnavailable'],
  response: lineIndex,
});

export const getRunLineIndex = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/:runId/line-index/*',
  versions: ['v2', 'v3'],
  tag: 'Runs',
  access: 'user',
  extension: true,
  summary: 'Where the lines of a file of a run begin',
  description: `${HOW} While the run executes the file is looked at as it is then, in the work directory, and after that among its outputs, as by \`tail/\`.`,
  params: z.object({
    /** Id of the job. */
    jobId: z.string(),
    /** Number of the run in its job, from 1. */
    runId: z.string(),
    /** Path of the file relative to the work directory, such as `process_output.log`. */
    '*': z.string(),
  }),
  query: lineIndexQuery,
  status: 200,
  refusals: ['BadRequest', 'TooManyRequests', 'ServiceUnavailable'],
  response: lineIndex,
});
