import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { job, jobV3 } from './job.ts';
import { jobUpdate } from './job-definition.ts';
import { MAX_RUNS_LISTED } from './limits.ts';
import { RESTART_BEGINNINGS } from './snapshots.ts';
import {
  wireBoolean,
  wireChoice,
  wireList,
  wireListOr,
  wireName,
  wireObject,
  wireReference,
} from './wire.ts';

/** Runs of a job that are chosen by how they ended. */
export const RESTART_RUNS = ['unfinished', 'failed', 'all'] as const;
export type RestartRuns = (typeof RESTART_RUNS)[number];

const beginning = wireChoice(RESTART_BEGINNINGS, (text) => text.toLowerCase());
const beginnings = wireListOr(
  wireList(beginning, { max: RESTART_BEGINNINGS.length, nonEmpty: true }),
  beginning,
  {
    anyOf: [
      { type: 'string', enum: RESTART_BEGINNINGS },
      { type: 'array', items: { type: 'string', enum: RESTART_BEGINNINGS }, minItems: 1 },
    ],
  },
);

const chosenRuns = wireListOr(
  wireList(wireReference() as z.ZodType<string, string | number>, { max: MAX_RUNS_LISTED, nonEmpty: true }),
  wireChoice(RESTART_RUNS, (text) => text.toLowerCase()),
  {
    anyOf: [
      { type: 'string', enum: RESTART_RUNS },
      { type: 'array', items: { type: 'string' }, minItems: 1 },
    ],
  },
);

const restartOrder = wireObject({
  /**
   * What a run of the new job begins with: the latest `snapshot` that is there, the files that `checkpoints` names, the
   * `outputs` of a job that has ended, or `fresh`, nothing but the inputs. Of a list the first that the run has counts.
   * Absent: the outputs of a job that has ended, else the latest snapshot of either kind.
   */
  from: beginnings.optional(),
  /**
   * Which runs of a job with several ones the new job has: `failed` are those that ended otherwise than in success,
   * `unfinished` these and those that have not ended, or a list of ids. Absent: `unfinished`; of a job with one run, that.
   */
  runs: chosenRuns.optional(),
  /** Id of the snapshot, or of its file, where that is not to be the latest one; of a job with several runs, its run alone goes on. */
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
    'The new job has the definition of the other one, with changes, and its run begins in a work directory that has the files of the other one at their paths, executable ones executable. The inputs come along: what is restored takes their place, and input files that the other job did not have take the place of what is restored. What is restored and not an unchanged input counts as made by the new job. Of a job with several runs the new one has those that `runs` chooses, under their numbers, and each begins with the files of the run of its number; where one has nothing to begin with, the request is refused and names it, unless `from` ends with `fresh`.',
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
