/** What is there of the runs of a job for those of another one to go on from. */
import { Pace } from '@quarry/agent/files/pace';
import { matcherOf } from '@quarry/agent/snapshots/globs';
import type { RestartBeginning, RestartSource } from '@quarry/contract';
import type { Queries } from '../../db/database.ts';
import { pathInRun } from '../../db/queries/files-outputs.ts';
import type { JobWithOwner } from '../../db/queries/find-job.ts';
import { findOutputsOfRun } from '../../db/queries/restored.ts';
import { findLatestSnapshot, findSnapshotOf, type SnapshotWithFile } from '../../db/queries/snapshots.ts';
import { LIMITS } from '../../limits.ts';
import { conflict, invalidFields, type Problem, refused, tooLarge } from '../../problems.ts';
import { readDefinition } from '../definition/stored.ts';
import { nameRuns } from './pick-runs.ts';

/** The log of the new run has its name. */
const LOG_NAME = 'process_output.log';

/** What a run begins with: files of the run of its number, or `fresh`, nothing. */
export interface Beginning {
  number: number;
  source: RestartBeginning;
  /** Null for all that is no snapshot. */
  snapshotId: string | null;
  files: { id: string; isArchive: boolean }[];
}

/** What is looked for, in this order; `latest` is a snapshot of either kind. */
type Looked = RestartBeginning | 'latest';

/** Finds for each run the first of what it may begin with that it has. Refuses, naming them, where runs have nothing. */
export async function findBeginnings(
  queries: Queries,
  job: JobWithOwner,
  { numbers, from }: { numbers: readonly number[]; from: readonly RestartBeginning[] | undefined },
): Promise<Beginning[]> {
  const looked = from ?? (job.is_completed === 1 ? ['outputs', 'latest'] : ['latest']);
  refuseUnknownCheckpoints(job, looked);
  const isCheckpoint = matcherOf(readDefinition(job.definition).checkpoints);
  const beginnings: Beginning[] = [];
  const without: number[] = [];
  const pace = new Pace();
  let files = 0;
  for (const number of numbers) {
    const found = await findBeginning({ queries, job, isCheckpoint, pace }, number, looked);
    if (found === null) {
      without.push(number);
      continue;
    }
    beginnings.push(found);
    files += found.files.length;
    if (files > LIMITS.restoredFilesPerJob) {
      throw tooLarge(
        `The runs of the job would begin with more than ${LIMITS.restoredFilesPerJob} files together.`,
        'Restart fewer of them at a time (runs), or from snapshots, each of which is one file.',
      );
    }
  }
  if (without.length > 0) {
    throw nothingThere(job, without, looked);
  }
  return beginnings;
}

interface Search {
  queries: Queries;
  job: JobWithOwner;
  isCheckpoint: (path: string) => boolean;
  pace: Pace;
}

async function findBeginning(
  search: Search,
  number: number,
  looked: readonly Looked[],
): Promise<Beginning | null> {
  for (const kind of looked) {
    const found = await findOf(search, number, kind);
    if (found !== null) {
      return found;
    }
  }
  return null;
}

async function findOf(search: Search, number: number, looked: Looked): Promise<Beginning | null> {
  switch (looked) {
    case 'fresh':
      return { number, source: 'fresh', snapshotId: null, files: [] };
    case 'outputs':
      return await findOutputs(search, number, looked);
    case 'checkpoint':
      // Those among the outputs of a run that has ended; else the latest archive of them.
      return (await findOutputs(search, number, looked)) ?? (await findLatest(search, number, looked));
    default:
      return await findLatest(search, number, looked);
  }
}

/** What the run has put out, at the paths where it lay; null where that is nothing, or may yet change. */
async function findOutputs(
  { queries, job, isCheckpoint, pace }: Search,
  number: number,
  source: 'outputs' | 'checkpoint',
): Promise<Beginning | null> {
  if (job.is_completed === 0) {
    return null;
  }
  const files: Beginning['files'] = [];
  const of = { isOfSweep: job.is_sweep === 1, run: number };
  for (const { id, relative_path } of await findOutputsOfRun(queries, job.id, number)) {
    const path = pathInRun(relative_path, of);
    if (path !== LOG_NAME && (source === 'outputs' || isCheckpoint(path))) {
      files.push({ id, isArchive: false });
    }
    if (pace.isDue) {
      await pace.rest();
    }
  }
  return files.length === 0 ? null : { number, source, snapshotId: null, files };
}

async function findLatest(
  { queries, job }: Search,
  number: number,
  looked: 'snapshot' | 'checkpoint' | 'latest',
): Promise<Beginning | null> {
  const kind = looked === 'latest' ? undefined : looked;
  const snapshot = await findLatestSnapshot(queries, { jobId: job.id, runNumber: number }, kind);
  return snapshot === undefined ? null : ofSnapshot(snapshot);
}

/** A certain snapshot of a job, for the run that it was taken of. */
export async function findNamedBeginning(
  queries: Queries,
  job: Pick<JobWithOwner, 'id'>,
  { snapshotId, from }: { snapshotId: string; from: readonly RestartBeginning[] | undefined },
): Promise<Beginning> {
  const snapshot = await findSnapshotOf(queries, job.id, snapshotId);
  if (snapshot?.name == null) {
    throw invalidFields({
      snapshotId: [`The job has no snapshot "${snapshotId}" that is there. See runs/{n}/snapshots/.`],
    });
  }
  if (from !== undefined && !from.includes(snapshot.kind)) {
    throw invalidFields({ from: [`"${snapshotId}" is a ${snapshot.kind}; leave from out, or say so.`] });
  }
  return ofSnapshot(snapshot);
}

function ofSnapshot({ id, kind, run_number, file_id }: SnapshotWithFile): Beginning {
  return { number: run_number, source: kind, snapshotId: id, files: [{ id: file_id!, isArchive: true }] };
}

function refuseUnknownCheckpoints(job: JobWithOwner, looked: readonly Looked[]): void {
  if (looked.includes('checkpoint') && readDefinition(job.definition).checkpoints.length === 0) {
    throw refused('The job names no checkpoints.', {
      code: 'no_checkpoints',
      hint: 'Go on from a snapshot, or from the outputs when it has ended.',
    });
  }
}

const WORDS: Record<RestartSource | 'latest', string> = {
  outputs: 'outputs',
  checkpoint: 'checkpoints',
  snapshot: 'a snapshot',
  latest: 'a snapshot',
};

function nothingThere(
  { is_completed, is_sweep }: JobWithOwner,
  runs: readonly number[],
  looked: readonly Looked[],
): Problem {
  const sought = looked.map((each) => WORDS[each as keyof typeof WORDS]).join(' or ');
  const who = is_sweep === 0 ? 'The job has' : `These runs of the job have`;
  const which = is_sweep === 0 ? '' : `: ${nameRuns(runs)}`;
  const early =
    is_completed === 0 && looked.includes('outputs') ? ' It has not ended, so it has no outputs yet.' : '';
  return conflict(`${who} nothing to go on from, which would be ${sought}${which}.${early}`, {
    code: 'nothing_to_restart_from',
    hint:
      is_sweep === 0
        ? 'Take a snapshot while it executes (POST jobs/{id}/runs/1/snapshot/), go on from its outputs when it has ended, or clone it (POST jobs/{id}/clone/) to begin anew.'
        : 'Put "fresh" last in from to let them begin anew, or leave them out (runs).',
  });
}
