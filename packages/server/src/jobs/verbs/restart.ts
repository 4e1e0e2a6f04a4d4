import { Pace } from '@quarry/agent/files/pace';
import { matcherOf } from '@quarry/agent/snapshots/globs';
import type { ParsedJobUpdate, RestartedFrom, RestartSource } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
import { findOwnJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { findOutputsOfRun, findRestartsUnderWay, type RestoredInput } from '../../db/queries/restored.ts';
import { findLatestSnapshot, findSnapshotOf, type SnapshotWithFile } from '../../db/queries/snapshots.ts';
import { conflict, invalidFields, type Problem, refused } from '../../problems.ts';
import { attachedFiles } from '../definition/attached-files.ts';
import { readDefinition, type StoredDefinition } from '../definition/stored.ts';
import { mergeChange } from './change.ts';
import { clusterOfCopy, type WantedJob } from './clone.ts';
import type { Domain } from './domain.ts';

const NAME_CHARACTERS = 255;
/** Of a job that is no sweep. */
const ONLY_RUN = 1;
/** The log of the new run has its name. */
const LOG_NAME = 'process_output.log';
const JOBS_NAMED = 5;

export interface WantedRestart {
  jobId: string;
  from?: RestartSource;
  snapshotId?: string;
  name?: string;
  change?: ParsedJobUpdate;
}

/** What is there to go on from. */
interface Source {
  from: Omit<RestartedFrom, 'jobId' | 'runId'>;
  restored: RestoredInput[];
}

/** What a job is saved with, by `saveJob`, that goes on from another one. */
export async function wantedRestart(
  { queries }: Pick<Domain, 'queries'>,
  actor: Caller,
  wish: WantedRestart,
): Promise<WantedJob> {
  const original = await findOwnJob(queries, actor, wish.jobId);
  refuseSeveralRuns(original);
  const { from, restored } = await findSource({ queries }, original, wish);
  const before = readDefinition(original.definition);
  const cluster = await clusterOfCopy(queries, actor, before);
  const own = { ...ofItsOwnStart(original, actor, before), ...cluster.kept };
  const wanted = {
    ...mergeChange({ ...before, ...own }, wish.change ?? {}),
    name: wish.name ?? wish.change?.name ?? `Restart of ${original.name}`.slice(0, NAME_CHARACTERS),
    clonedFrom: original.id,
    restart: {
      from: { jobId: original.id, runId: String(ONLY_RUN), ...from },
      oldInputs: attachedFiles(before)
        .filter(({ role }) => role === 'input')
        .map(({ id }) => id),
    },
  };
  const notes = wish.change?.clusterId === undefined ? cluster.notes : [];
  return { wanted, restored, notes };
}

/** What belongs to one start of a job and not to another one that begins with its files. */
function ofItsOwnStart(original: JobWithOwner, actor: Caller, { publicKey }: StoredDefinition) {
  return {
    // What it waited for has ended, or is gone.
    after: [],
    // Whoever logs in there does so with the reach of the job's owner: the owner says who that is.
    publicKey: original.owner_id === person(actor).userId ? publicKey : '',
  };
}

/** Refuses what would take the files away from which jobs under way are to begin. */
export async function refuseWhileRestarting(
  { queries }: Pick<Domain, 'queries'>,
  jobId: string,
): Promise<void> {
  const jobs = await findRestartsUnderWay(queries, jobId, JOBS_NAMED);
  if (jobs.length > 0) {
    throw conflict(`Jobs that go on from the files of this one are under way: ${jobs.join(', ')}.`, {
      code: 'job_restarted',
      hint: 'Wait until they have ended, or stop them first.',
    });
  }
}

async function findSource(
  domain: Pick<Domain, 'queries'>,
  job: JobWithOwner,
  { from, snapshotId }: Pick<WantedRestart, 'from' | 'snapshotId'>,
): Promise<Source> {
  if (snapshotId !== undefined) {
    return await findNamed(domain, job, snapshotId, from);
  }
  const hasEnded = job.is_completed === 1;
  switch (from) {
    case 'outputs':
      return await findOutputs(domain, job);
    case 'snapshot':
      return await findLatest(domain, job, 'snapshot');
    case 'checkpoint':
      return await findCheckpoints(domain, job);
    default:
      return hasEnded ? await findOutputs(domain, job) : await findLatest(domain, job);
  }
}

async function findNamed(
  { queries }: Pick<Domain, 'queries'>,
  job: JobWithOwner,
  snapshotId: string,
  from: RestartSource | undefined,
): Promise<Source> {
  const snapshot = await findSnapshotOf(queries, job.id, snapshotId);
  if (snapshot?.name == null) {
    throw invalidFields({
      snapshotId: [`The job has no snapshot "${snapshotId}" that is there. See runs/{n}/snapshots/.`],
    });
  }
  if (from !== undefined && from !== snapshot.kind) {
    throw invalidFields({ from: [`"${snapshotId}" is a ${snapshot.kind}; leave from out, or say so.`] });
  }
  return sourceOf(snapshot);
}

async function findLatest(
  { queries }: Pick<Domain, 'queries'>,
  job: JobWithOwner,
  kind?: 'snapshot' | 'checkpoint',
): Promise<Source> {
  const snapshot = await findLatestSnapshot(queries, { jobId: job.id, runNumber: ONLY_RUN }, kind);
  if (snapshot === undefined) {
    throw nothingThere(
      `There is no ${kind ?? 'snapshot'} of the job.`,
      'Take one while it executes (POST jobs/{id}/runs/1/snapshot/), or go on from its outputs when it has ended.',
    );
  }
  return sourceOf(snapshot);
}

/** Everything that the run has put out, at the paths where it lay. */
async function findOutputs({ queries }: Pick<Domain, 'queries'>, job: JobWithOwner): Promise<Source> {
  const restored = await outputsOf({ queries }, job, () => true);
  return { from: { from: 'outputs', snapshotId: null }, restored };
}

/** Those among the outputs of a job that has ended; else the latest archive of them. */
async function findCheckpoints(domain: Pick<Domain, 'queries'>, job: JobWithOwner): Promise<Source> {
  const { checkpoints } = readDefinition(job.definition);
  if (checkpoints.length === 0) {
    throw refused('The job names no checkpoints.', {
      code: 'no_checkpoints',
      hint: 'Go on from a snapshot, or from the outputs when it has ended.',
    });
  }
  if (job.is_completed === 0) {
    return await findLatest(domain, job, 'checkpoint');
  }
  const restored = await outputsOf(domain, job, matcherOf(checkpoints));
  return { from: { from: 'checkpoint', snapshotId: null }, restored };
}

async function outputsOf(
  { queries }: Pick<Domain, 'queries'>,
  job: JobWithOwner,
  isWanted: (path: string) => boolean,
): Promise<RestoredInput[]> {
  if (job.is_completed === 0) {
    throw nothingThere(
      'The job has not ended, so it has no outputs yet.',
      'Go on from a snapshot (from: "snapshot"), or wait for its end.',
    );
  }
  await findRun(queries, job.id, String(ONLY_RUN));
  const outputs = await findOutputsOfRun(queries, job.id, ONLY_RUN);
  const found: typeof outputs = [];
  const pace = new Pace();
  for (const output of outputs) {
    if (output.relative_path !== LOG_NAME && isWanted(output.relative_path)) {
      found.push(output);
    }
    if (pace.isDue) {
      await pace.rest();
    }
  }
  if (found.length === 0) {
    throw nothingThere(
      'Among the outputs of the job there is nothing to go on from.',
      'Clone it (POST jobs/{id}/clone/) to begin anew.',
    );
  }
  return found.map(({ id }) => ({ id, isArchive: false }));
}

function sourceOf({ id, kind, file_id }: SnapshotWithFile): Source {
  return { from: { from: kind, snapshotId: id }, restored: [{ id: file_id!, isArchive: true }] };
}

/** What each run of the new job would begin with is not said by the runs of the old one. */
function refuseSeveralRuns(job: JobWithOwner): void {
  if (job.is_sweep === 1) {
    throw refused('A job with several runs cannot be restarted as a whole.', {
      code: 'restart_of_sweep',
      hint: 'Execute its failed runs again, or resume those that were cut off (POST jobs/{id}/runs/rerun/).',
    });
  }
}

function nothingThere(detail: string, hint: string): Problem {
  return conflict(detail, { code: 'nothing_to_restart_from', hint });
}
