import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { job, jobV3 } from './job.ts';
import { jobUpdate } from './job-definition.ts';
import { RESTART_SOURCES } from './snapshots.ts';
import { wireBoolean, wireChoice, wireName, wireObject, wireReference } from './wire.ts';

const restartOrder = wireObject({
  /**
   * What the new job goes on from: the latest `snapshot` that is there, the files that `checkpoints` names, or the `outputs`
   * of a job that has ended. Absent: the outputs of a job that has ended, else the latest snapshot of either kind.
   */
  from: wireChoice(RESTART_SOURCES, (text) => text.toLowerCase()).optional(),
  /** Id of the snapshot, or of its file, where that is not to be the latest one. */
  snapshotId: wireReference().optional(),
  /** Name of the new job; `Restart of` and that of the other when absent. */
  name: wireName().optional(),
  /** Fields of the definition that are to be others. Input files that the other job did not have replace what is restored. */
  change: jobUpdate.optional(),
  /** Whether it is submitted at once. */
  submit: wireBoolean().default(false),
});

export const restartJob = endpoint({
  versions: ['v2', 'v3'],
  tag: 'Jobs',
  access: 'user',
  method: 'POST',
  path: '/api/v2/jobs/:jobId/restart/',
  idempotent: true,
  extension: true,
  summary: 'A new job that goes on from a snapshot, from checkpoints or from the outputs of another one',
  description:
    'The new job has the definition of the other one, with changes, and its run begins in a work directory that has the files of the other one at their paths, executable ones executable. The inputs come along: what is restored takes their place, and input files that the other job did not have take the place of what is restored. What is restored and not an unchanged input counts as made by the new job. Jobs with several runs are refused.',
  params: z.object({
    /** Id of the job to go on from. */
    jobId: z.string(),
  }),
  body: z.preprocess(
    (value) => (value === '' || value === null || value === undefined ? {} : value),
    restartOrder,
  ) as unknown as z.ZodType<z.output<typeof restartOrder>, z.input<typeof restartOrder> | undefined>,
  status: 201,
  refusals: ['Forbidden', 'Conflict'],
  response: job,
  responseV3: jobV3,
});
