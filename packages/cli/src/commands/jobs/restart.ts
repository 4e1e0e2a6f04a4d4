import type { JobDefinition } from '@quarry/sdk';
import { argument, choices, defineCommand, flag, type PlatformContext, text, texts } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { watchJob } from '../../follow/follow-job.ts';
import { type EndedJob, exitCodeOf, printEndedJob, toEndedJob } from '../../follow/outcome.ts';
import { changeOf, withInputs } from '../../submission/change.ts';
import { checkInputs } from '../../submission/inputs.ts';
import { toLocalInput } from '../../submission/options.ts';
import { withUploaded } from '../../submission/send.ts';

const BEGINNINGS = ['snapshot', 'checkpoint', 'outputs', 'fresh'] as const;
/** Runs that one request names at most. */
const MOST_RUNS = 100_000;
const CHOSEN = ['unfinished', 'failed', 'all'] as const;

interface Restarted {
  id: string;
  name: string;
  restartedFrom: object | null;
  submitted: boolean;
  ended?: EndedJob;
}

export default defineCommand({
  details:
    'The new job has the definition and the inputs of the other one, and begins in a work directory with its files: what ' +
    'a job that has ended has put out, or what a snapshot has of one that executes. Of a job with several runs each ' +
    'goes on from the run of its number; where one has nothing to go on from, it is named, and nothing is done unless --from ' +
    'ends with fresh. --set changes the definition: command, walltime (hours), cores and coreType of all its tiles, ' +
    'env.NAME of their environment. A file of --input takes the place of what has its name.',
  arguments: { job: argument('<job>', 'id of the job to go on from') },
  options: {
    from: choices('--from <source>', 'what to go on from; of several the first that a run has', BEGINNINGS),
    runs: text('--runs <which>', `which runs: ${CHOSEN.join(', ')}, or numbers such as 2,5,7-9`),
    snapshot: text('--snapshot <id>', 'id of a snapshot, or of its file, instead of the latest one'),
    name: text('--name <text>', 'name of the new job'),
    set: texts('--set <key=value>', 'another value in the definition; as often as needed'),
    input: texts('--input <path>', 'another input file or folder (repeatable); archives are unpacked'),
    submit: flag('--submit', 'submit the new job as well'),
    wait: flag(
      '--wait, --watch',
      'submit it and follow it until it has ended; the exit code says how it ended',
    ),
  },
  examples: [
    {
      command: 'quarry jobs restart abcDEF --set walltime=48 --submit',
      says: 'Go on where a job ran out of time',
    },
    {
      command: 'quarry jobs restart abcDEF --from snapshot --wait',
      says: 'From its latest snapshot, to the end',
    },
    {
      command: 'quarry jobs restart abcDEF --input settings.inp --submit',
      says: 'With other settings',
    },
    {
      command: 'quarry jobs restart abcDEF --runs failed --from outputs,fresh --submit',
      says: 'The failed runs of a sweep, those without outputs from the beginning',
    },
  ],
  async run({ job, from, runs, snapshot, name, set, input, submit, wait }, context): Promise<Restarted> {
    const { sdk, signal } = context;
    const chosen = runs === undefined ? undefined : readRuns(runs);
    const restarted = await withChange(job, { set, input }, context, (change) =>
      sdk.jobs.restart(job, {
        signal,
        submit: submit || wait,
        ...(from !== undefined && { from: from.length === 1 ? from[0]! : from }),
        ...(chosen !== undefined && { runs: chosen }),
        ...(snapshot !== undefined && { snapshotId: snapshot }),
        ...(name !== undefined && { name }),
        ...(change !== undefined && { change }),
      }),
    );
    const made: Restarted = {
      id: restarted.id,
      name: restarted.name,
      restartedFrom: restarted.restartedFrom ?? null,
      submitted: submit || wait,
    };
    return wait ? { ...made, ended: toEndedJob(await watchJob(made.id, context)) } : made;
  },
  present({ id, name, submitted, ended }, io, { job }) {
    if (ended) {
      printEndedJob(ended, io);
      return;
    }
    io.print(`Job ${id} (${name}) goes on from job ${job}${submitted ? ', and is submitted' : ''}.`);
    if (!submitted) {
      io.note(`Submit it with: quarry jobs submit --saved ${id}`);
    }
  },
  exitCode: ({ ended }) => (ended ? exitCodeOf(ended.outcome) : EXIT.ok),
});

/** Hands the change of the definition that the options ask for to `use`; nothing stays uploaded when that fails. */
async function withChange<Result>(
  jobId: string,
  { set, input }: { set: string[]; input: string[] },
  context: PlatformContext,
  use: (change: Pick<JobDefinition, 'jobanalyses'> | undefined) => Promise<Result>,
): Promise<Result> {
  if (set.length === 0 && input.length === 0) {
    return await use(undefined);
  }
  const inputs = await checkInputs([input.map(toLocalInput)]);
  const change = changeOf(await context.sdk.jobs.get(jobId, { signal: context.signal }), set);
  return inputs.length === 0
    ? await use(change)
    : await withUploaded(inputs, context, (uploaded) => use(withInputs(change, uploaded)));
}

/** A word, or numbers and ranges of numbers. */
function readRuns(given: string): (typeof CHOSEN)[number] | string[] {
  const word = CHOSEN.find((each) => each === given);
  if (word !== undefined) {
    return word;
  }
  return given.split(',').flatMap((range) => {
    const match = /^([1-9]\d{0,8})(?:-([1-9]\d{0,8}))?$/.exec(range.trim());
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (!match || last < first || last - first >= MOST_RUNS) {
      throw usageError(
        `--runs takes ${CHOSEN.join(', ')}, or numbers such as 2,5,7-9, not "${given}".`,
        'See the runs with `quarry runs list`.',
      );
    }
    return Array.from({ length: last - first + 1 }, (_, offset) => String(first + offset));
  });
}
