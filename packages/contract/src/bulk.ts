/** Many jobs in one request. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { jobDefinition } from './job-definition.ts';
import { MAX_BULK_JOBS } from './limits.ts';
import { wireBoolean, wireId, wireList, wireObject, wireReference } from './wire.ts';

const shared = { versions: ['v2', 'v3'], tag: 'Jobs', access: 'user', extension: true } as const;

export const createJobs = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/bulk/',
  idempotent: true,
  summary: 'Save, and if wished submit, many jobs at once: all of them or none',
  description:
    'When one definition is refused, nothing is saved and the answer is 400 with `jobs`: a list with the errors of each definition, `{}` for those in order.',
  body: wireObject({
    /** The definitions, each as in `POST jobs/`. */
    jobs: wireList(jobDefinition, { max: MAX_BULK_JOBS, nonEmpty: true }),
    /** Whether every job is submitted as well. */
    submit: wireBoolean().default(false),
  }),
  status: 201,
  response: z.strictObject({
    /** The jobs that were saved, in the order of the definitions. */
    jobs: z.array(
      z.strictObject({
        /** Id of the job. */
        id: wireId,
        /** Its name. */
        name: z.string(),
        /** What of its definition was accepted without effect. */
        warnings: z.array(z.string()),
      }),
    ),
    /** About the request as a whole: what of it is unknown here. */
    warnings: z.array(z.string()).optional(),
  }),
});

export const stopJobs = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/stop/',
  summary: 'Stop many jobs at once',
  description:
    'Jobs that do not run are left as they are. Unknown ids refuse the whole request with 400 and are named by position; an id that is there twice counts once.',
  body: wireObject({
    /** Ids of the jobs. */
    jobs: wireList(wireReference(), { max: MAX_BULK_JOBS, nonEmpty: true }),
  }),
  status: 202,
  response: z.strictObject({
    /** Ids of the jobs that are being stopped. */
    stopping: z.array(wireId),
    /** Ids of those that did not run. */
    unchanged: z.array(wireId),
    /** About the request: what of it is unknown here. */
    warnings: z.array(z.string()).optional(),
  }),
});
