/** The same for each of many jobs or files, where what is refused for one of them is done to the others all the same. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { MAX_BULK_FILES, MAX_BULK_JOBS, MAX_TAG_LENGTH, MAX_TAGS } from './limits.ts';
import { wireBoolean, wireId, wireList, wireObject, wireReference, wireString } from './wire.ts';

const shared = { versions: ['v2', 'v3'], access: 'user', extension: true } as const;
const jobs = () => wireList(wireReference(), { max: MAX_BULK_JOBS, nonEmpty: true });
const tagNames = () =>
  wireList(wireString({ max: MAX_TAG_LENGTH, blank: false }), { max: MAX_TAGS }).default([]);

/** One of many to which it could not be done, and why. */
export const refusedItem = z
  .strictObject({
    /** Its id, as it was asked for. */
    id: z.string(),
    /** Stable name of the reason, as a request for it alone would be refused with. */
    code: z.string(),
    /** Why, in a sentence. */
    detail: z.string(),
    /** What can be done about it; null where nothing is known. */
    hint: z.string().nullable(),
  })
  .meta({ id: 'RefusedItem' });
export type RefusedItem = z.output<typeof refusedItem>;

const outcome = {
  /** Those that were so before. */
  unchanged: z.array(wireId),
  /** Those to which it could not be done; to the others it was done. */
  refused: z.array(refusedItem),
  /** About the request: what of it is unknown here. */
  warnings: z.array(z.string()).optional(),
};

export const deleteJobs = endpoint({
  ...shared,
  tag: 'Jobs',
  method: 'POST',
  path: '/api/v2/jobs/delete/',
  summary: 'Delete many jobs, each by itself',
  description:
    'Each as by `DELETE jobs/{jobId}/`, in a transaction of its own: those that run, or are not there, are in `refused`, and the others are deleted all the same. A repeated request finds those that it has deleted in `unchanged`.',
  body: wireObject({
    /** Ids of the jobs; one that is there twice counts once. */
    jobs: jobs(),
    /** Whether their inputs go too, except those that other jobs use. */
    deleteInputFiles: wireBoolean().default(false),
  }),
  status: 200,
  response: z.strictObject({
    /** Ids of the jobs that are deleted now. */
    deleted: z.array(wireId),
    /** Ids of the tasks that remove the files of those that have very many. */
    tasks: z.array(wireId),
    ...outcome,
  }),
});
export type DeletedJobs = z.output<typeof deleteJobs.response>;

export const tagJobs = endpoint({
  ...shared,
  tag: 'Jobs',
  method: 'POST',
  path: '/api/v2/jobs/tags/',
  summary: 'Give many jobs tags, and take others from them',
  description:
    'Each job by itself, in any state; as by `POST` and `DELETE jobs/{jobId}/tags/`. What a job is refused for changes none of its tags. A tag in both lists is refused.',
  body: wireObject({
    /** Ids of the jobs; one that is there twice counts once. */
    jobs: jobs(),
    /** Tags that they get, unless they have them. */
    add: tagNames(),
    /** Tags that are taken from them, if they have them. */
    remove: tagNames(),
  }),
  status: 200,
  response: z.strictObject({
    /** Ids of the jobs whose tags are others now. */
    changed: z.array(wireId),
    ...outcome,
  }),
});
export type TaggedJobs = z.output<typeof tagJobs.response>;

export const rerunJobs = endpoint({
  ...shared,
  tag: 'Jobs',
  method: 'POST',
  path: '/api/v2/jobs/rerun/',
  idempotent: true,
  summary: 'Execute again what failed of many jobs',
  description:
    'Each as by `POST jobs/{jobId}/runs/rerun/` without `runs`. Those of which nothing failed are in `unchanged`; those that cannot be executed again are in `refused`, and the others are all the same.',
  body: wireObject({
    /** Ids of the jobs; one that is there twice counts once. */
    jobs: jobs(),
    /** Whether runs that were cut off by the end of their agent go on where they were, and no others. */
    resume: wireBoolean().default(false),
  }),
  status: 202,
  response: z.strictObject({
    /** The jobs that are executed again. */
    rerun: z.array(
      z.strictObject({
        /** Id of the job. */
        id: wireId,
        /** How many of its runs are executed again. */
        runs: z.int().positive(),
      }),
    ),
    ...outcome,
  }),
});
export type RerunJobs = z.output<typeof rerunJobs.response>;

export const deleteFiles = endpoint({
  ...shared,
  tag: 'Files',
  method: 'POST',
  path: '/api/v2/files/delete/',
  summary: 'Delete many files, each by itself',
  description:
    'Each as by `DELETE files/{fileId}/`: inputs of jobs under way, and files that are not there, are in `refused`, and the others are deleted all the same. A repeated request finds those that it has deleted in `unchanged`.',
  body: wireObject({
    /** Ids of the files; one that is there twice counts once. */
    files: wireList(wireReference(), { max: MAX_BULK_FILES, nonEmpty: true }),
  }),
  status: 200,
  response: z.strictObject({
    /** Ids of the files that are deleted now. */
    deleted: z.array(wireId),
    ...outcome,
  }),
});
export type DeletedFiles = z.output<typeof deleteFiles.response>;
