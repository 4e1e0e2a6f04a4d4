import type { ParsedJobUpdate, RestartBeginning, RestartedFrom } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
import { findOwnJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { findRestartsUnderWay, type Restored } from '../../db/queries/restored.ts';
import { conflict, invalidFields } from '../../problems.ts';
import { attachedFiles } from '../definition/attached-files.ts';
import { readDefinition, type StoredDefinition, type StoredRestart } from '../definition/stored.ts';
import { chooseRuns, type WantedRuns } from '../restarts/choose-runs.ts';
import { type Beginning, findBeginnings, findNamedBeginning } from '../restarts/find-beginnings.ts';
import { writeNumbers } from '../restarts/run-numbers.ts';
import { mergeChange } from './change.ts';
import { clusterOfCopy, type WantedJob } from './clone.ts';
import type { Domain } from './domain.ts';

const NAME_CHARACTERS = 255;
const JOBS_NAMED = 5;

export interface WantedRestart {
  jobId: string;
  from?: RestartBeginning | RestartBeginning[];
  runs?: WantedRuns;
  snapshotId?: string;
  name?: string;
  change?: ParsedJobUpdate;
}

/** What a job is saved with, by `saveJob`, that goes on from another one. */
export async function wantedRestart(
  { queries }: Pick<Domain, 'queries'>,
  actor: Caller,
  wish: WantedRestart,
): Promise<WantedJob> {
  const original = await findOwnJob(queries, actor, wish.jobId);
  const beginnings = await findWanted({ queries }, original, wish);
  const before = readDefinition(original.definition);
  const cluster = await clusterOfCopy(queries, actor, before);
  const own = { ...ofItsOwnStart(original, actor, before), ...cluster.kept };
  const wanted = {
    ...mergeChange({ ...before, ...own }, wish.change ?? {}),
    name: wish.name ?? wish.change?.name ?? `Restart of ${original.name}`.slice(0, NAME_CHARACTERS),
    clonedFrom: original.id,
    jobTemplate: null,
    restart: {
      ...(original.is_sweep === 1
        ? {
            from: fromRuns(original.id, beginnings),
            runs: writeNumbers(beginnings.map(({ number }) => number)),
          }
        : { from: fromOnlyRun(original.id, beginnings[0]!) }),
      oldInputs: attachedFiles(before)
        .filter(({ role }) => role === 'input')
        .map(({ id }) => id),
    } satisfies StoredRestart,
  };
  const notes = wish.change?.clusterId === undefined ? cluster.notes : [];
  return { wanted, restored: toRestored(original, beginnings), notes };
}

/** With what each run of the new job begins. */
async function findWanted(
  { queries }: Pick<Domain, 'queries'>,
  original: JobWithOwner,
  { runs, snapshotId, from }: WantedRestart,
): Promise<Beginning[]> {
  const sources = from === undefined ? undefined : [from].flat();
  if (snapshotId === undefined) {
    const numbers = await chooseRuns(queries, original, runs);
    return await findBeginnings(queries, original, { numbers, from: sources });
  }
  const named = await findNamedBeginning(queries, original, { snapshotId, from: sources });
  const numbers = await chooseRuns(queries, original, runs ?? [named.number]);
  if (numbers.length > 1 || numbers[0] !== named.number) {
    throw invalidFields({
      snapshotId: [
        `"${snapshotId}" is of run ${named.number}, which alone can go on from it; leave runs out.`,
      ],
    });
  }
  return [named];
}

function fromOnlyRun(jobId: string, { number, source, snapshotId }: Beginning): RestartedFrom {
  return { jobId, runId: String(number), from: source, snapshotId };
}

function fromRuns(jobId: string, beginnings: readonly Beginning[]): RestartedFrom {
  const sources = new Set(beginnings.map(({ source }) => source));
  return { jobId, runId: null, from: sources.size === 1 ? [...sources][0]! : null, snapshotId: null };
}

/** What the only run of a job begins with is what every run begins with, should a change make it several. */
function toRestored({ is_sweep }: JobWithOwner, beginnings: readonly Beginning[]): Restored {
  const ofEach = is_sweep === 1;
  return {
    files: beginnings.flatMap(({ number, files }) =>
      files.map((file) => ({ ...file, runNumber: ofEach ? number : null })),
    ),
    runs: ofEach
      ? beginnings.flatMap(({ number, source, snapshotId }) =>
          source === 'fresh' ? [] : [{ number, source, snapshotId }],
        )
      : [],
  };
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
