import { z } from 'zod';
import { skippedOutput } from './agent.ts';
import { endpoint } from './endpoint.ts';
import {
  MAX_RELATIVE_PATH_LENGTH,
  MAX_SNAPSHOT_GLOBS,
  MAX_SNAPSHOT_MINUTES,
  MAX_SNAPSHOTS_KEPT,
  MAX_WAIT_SECONDS,
} from './limits.ts';
import { page, pageQuery } from './pagination.ts';
import { wireChoice, wireInteger, wireList, wireObject, wireString, wireTimestamp } from './wire.ts';

export const SNAPSHOT_KINDS = ['snapshot', 'checkpoint'] as const;
export type SnapshotKind = (typeof SNAPSHOT_KINDS)[number];

/** Snapshots of each kind that are kept of a run where its job says nothing. */
export const SNAPSHOTS_KEPT = 3;

/** A pattern of paths below the work directory. */
export const pathGlob = wireString({ max: MAX_RELATIVE_PATH_LENGTH, blank: false }).refine(
  (glob) => !glob.split('/').includes('..') && !/^\.?\/*$/.test(glob),
  { error: 'A pattern names what lies below the work directory, such as *.chk or fields/**.' },
) as z.ZodType<string, string>;

const snapshotScheduleSchema = wireObject({
  /** Minutes from one snapshot of a run to the next, counted from its start; null for none but those that are asked for. */
  everyMinutes: wireInteger({ min: 1, max: MAX_SNAPSHOT_MINUTES }).nullable().default(null),
  /**
   * Patterns of the files that are taken; empty for the whole work directory. One without `/` means a name at any depth,
   * any other one the path from the top on; `*` is any part of a name, `?` a character, `**` any number of directories. A
   * directory is taken with all that is in it.
   */
  globs: wireList(pathGlob, { max: MAX_SNAPSHOT_GLOBS }).default([]),
  /** The newest so many of each kind are kept of a run; older ones are deleted, unless a job that has not ended begins from them. */
  keep: wireInteger({ min: 1, max: MAX_SNAPSHOTS_KEPT }).default(SNAPSHOTS_KEPT),
});
/** Which snapshots are to be taken of a job's runs. Not part of the original API. */
export const snapshotScheduleDefinition = snapshotScheduleSchema.meta({ id: 'SnapshotScheduleDefinition' });
/** Which snapshots are taken of a job's runs. */
export const snapshotSchedule = snapshotScheduleSchema.meta({ id: 'SnapshotSchedule' });

export const RESTART_SOURCES = ['snapshot', 'checkpoint', 'outputs'] as const;
export type RestartSource = (typeof RESTART_SOURCES)[number];

/** What a run may begin with. `fresh` is nothing but its inputs. */
export const RESTART_BEGINNINGS = [...RESTART_SOURCES, 'fresh'] as const;
export type RestartBeginning = (typeof RESTART_BEGINNINGS)[number];

/** What a job goes on from, or one of its runs. */
export const restartedFrom = z
  .strictObject({
    /** Id of the job that it goes on from. */
    jobId: z.string(),
    /** Number of the run there; null of a job whose runs each go on from the run of their number. */
    runId: z.string().nullable(),
    /**
     * `snapshot` has its work directory, `checkpoint` the files that it named, `outputs` what it had put out; `fresh` is
     * nothing but the inputs. Null of a job whose runs begin with different things: each says its own.
     */
    from: z.enum(RESTART_BEGINNINGS).nullable(),
    /** Id of the snapshot; null for outputs, also for those that are checkpoints, and of a job with several runs. */
    snapshotId: z.string().nullable(),
  })
  .meta({ id: 'RestartedFrom' });
export type RestartedFrom = z.output<typeof restartedFrom>;

/** How long the request for a snapshot waits for it where it says nothing. */
export const SNAPSHOT_WAIT_SECONDS = 20;

/** The work directory of a run as it was at one moment, or the checkpoints in it. */
export const snapshot = z
  .strictObject({
    /** Id of the snapshot. */
    id: z.string(),
    /** `pending` while it is made, then `done` or `failed`. */
    status: z.enum(['pending', 'done', 'failed']),
    /** `snapshot` has the whole work directory, or what `snapshots.globs` of the job names; `checkpoint` what `checkpoints` names. */
    kind: z.enum(SNAPSHOT_KINDS),
    /** Whether somebody asked for it, or the schedule of the job. */
    trigger: z.enum(['request', 'schedule']),
    /** When it was asked for. */
    dateRequested: wireTimestamp,
    /** When it was there, or had failed; null until then. */
    dateCompleted: wireTimestamp.nullable(),
    /** Id of the file with its archive (tar); null until it is done. */
    fileId: z.string().nullable(),
    /** Name of that file; null until it is done. */
    name: z.string().nullable(),
    /** Size of the archive in bytes; null until it is done. */
    sizeBytes: z.int().nonnegative().nullable(),
    /** Number of files in it; null until it is done. */
    fileCount: z.int().nonnegative().nullable(),
    /** Whether the files were cloned, each at one moment, by a file system that can share bytes; null until it is done. */
    isCloned: z.boolean().nullable(),
    /** Paths of files that changed while they were copied, twice: the first of them. */
    changed: z.array(z.string()),
    /** How many files did. */
    changedCount: z.int().nonnegative(),
    /** What could not be taken, each with its reason: the first of it. */
    skipped: z.array(skippedOutput),
    /** How much that is. */
    skippedCount: z.int().nonnegative(),
    /** Why it has failed; null otherwise. */
    reason: z.string().nullable(),
  })
  .meta({ id: 'Snapshot' });
export type Snapshot = z.output<typeof snapshot>;

const runParams = z.object({
  /** Id of the job. */
  jobId: z.string(),
  /** Number of the run in its job, from 1. */
  runId: z.string(),
});

const snapshotOrder = wireObject({
  /** `checkpoint` takes only what `checkpoints` of the job names. Not part of the original API. */
  kind: wireChoice(SNAPSHOT_KINDS, (text) => text.toLowerCase()).default('snapshot'),
  /** How long to wait for it, in seconds; then it goes on being made. Not part of the original API. */
  waitSeconds: wireInteger({ min: 0, max: MAX_WAIT_SECONDS }).default(SNAPSHOT_WAIT_SECONDS),
});

export const takeRunSnapshot = endpoint({
  method: 'POST',
  path: '/api/v2/jobs/:jobId/runs/:runId/snapshot/',
  versions: ['v2', 'v3'],
  summary: 'The work directory of a running run as it is now, as an archive',
  description:
    'The archive (tar) becomes a file of `typeId` 12 (11 for a checkpoint) that `runs/{n}/snapshots/` lists, and `files/` of the job and the run with `type=12`. The answer comes when it is there, or after `waitSeconds`; then it goes on being made. While one is made, asking again is asking for the same one. Files that changed while they were copied, and what could not be taken, are named in `data`. A run that is not executing is refused with 409.',
  tag: 'Runs',
  access: 'user',
  params: runParams,
  body: z.preprocess(
    (value) => (value === '' || value === null || value === undefined ? {} : value),
    snapshotOrder,
  ) as unknown as z.ZodType<z.output<typeof snapshotOrder>, z.input<typeof snapshotOrder> | undefined>,
  status: 200,
  refusals: ['Conflict'],
  response: z.strictObject({
    /** The snapshot. */
    data: snapshot,
    /** 0 when it is there, 1 when it has failed, null while it is made. */
    exitcode: z.int().nullable(),
    /** Id of the file of the latest snapshot of this run that is there; null without one. */
    lastSnapshotID: z.string().nullable(),
    /** Why there is no snapshot yet, or why it has failed; empty when it is there. */
    reason: z.string(),
  }),
});

export const listRunSnapshots = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/runs/:runId/snapshots/',
  versions: ['v2', 'v3'],
  summary: 'Snapshots of a run, newest first',
  description:
    'Those that are made and those that have failed, too. The newest of each kind are kept (`snapshots.keep` of the job); a snapshot whose file was deleted is no more.',
  tag: 'Runs',
  access: 'user',
  extension: true,
  params: runParams,
  query: pageQuery,
  status: 200,
  response: page(snapshot),
});
