import {
  argumentsList,
  defineCommand,
  flag,
  type PlatformContext,
  text,
  type ValuesOf,
} from '../../command.ts';
import { usageError } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import {
  checkFolderIsFree,
  downloadOutputs,
  printDownloads,
  type SavedFile,
} from '../../follow/download-outputs.ts';
import { watchJob } from '../../follow/follow-job.ts';
import { type EndedJob, exitCodeOf, printEndedJob, toEndedJob } from '../../follow/outcome.ts';
import type { Io } from '../../io.ts';
import { count } from '../../output/human.ts';
import { type SubmittedJobs, submitBulk } from '../../submission/bulk.ts';
import { confirmSweep } from '../../submission/confirm.ts';
import { draftFromDefinition } from '../../submission/definition.ts';
import type { DraftJob } from '../../submission/draft.ts';
import { applyOptions, draftFromOptions, jobParameters } from '../../submission/options.ts';
import { planJob } from '../../submission/plan.ts';
import { draftFromScript } from '../../submission/script.ts';
import {
  announce,
  describeDryRun,
  printDryRun,
  type Submitted,
  submitPlan,
} from '../../submission/submitted.ts';

const parameters = {
  script: argumentsList(
    '[script...]',
    'a job script with #RESCALE_*, #SBATCH or #PBS lines, then further inputs',
  ),
};

const options = {
  ...jobParameters,
  cheapest: flag('--cheapest', 'the cheapest core type that fits, whatever the script or definition names'),
  definition: text('--definition <file>', 'JSON definition as the API takes it; - reads standard input'),
  bulk: text('--bulk <file>', 'many definitions, as a JSON list or one a line, in one request; - as above'),
  saved: text('--saved <job>', 'submit a job that is created already'),
  dryRun: flag('--dry-run', 'show definition and price, and stop there'),
  yes: flag('--yes', 'ask nothing, also where the parameters of a sweep reach nothing'),
  wait: flag('--wait, --watch', 'follow the job until it has ended; the exit code says how it ended'),
  download: text('--download <folder>', 'wait, then download the outputs into this folder'),
};

/** As they are typed, such as `--core-type` for `coreType`. */
const namesOfOptions = Object.fromEntries(
  Object.entries({ ...parameters, ...options }).map(([name, { flags }]) => [
    name,
    name === 'script' ? 'a script' : flags.split(/[ ,]/)[0],
  ]),
) as Record<keyof Options, string>;

type Options = ValuesOf<typeof parameters & typeof options>;

/** What `--json` prints. */
interface Submission extends Submitted {
  ended?: EndedJob;
  outputs?: SavedFile[];
}

export default defineCommand({
  details:
    'The job is described in one of three ways: by --command and options; by a JSON --definition, whose inputFiles ' +
    'may name local files as {"path": …}; or by a script with #RESCALE_* directives. Options win over both. Without ' +
    'a core type the cheapest one that fits is taken. The price is shown before anything is sent. --bulk submits up ' +
    'to 1000 complete definitions at once: all of them or, when one is refused, none.',
  arguments: parameters,
  options,
  examples: [
    {
      command: "quarry jobs submit --command 'python pi.py' --input pi.py --analysis miniconda --cores 2",
      says: 'A command with an input file',
    },
    {
      command: 'quarry jobs submit run.sh mesh.inp --wait',
      says: 'A script with directives and one more input',
    },
    { command: 'quarry jobs submit --definition job.json --dry-run', says: 'What it would cost' },
    {
      command: 'quarry jobs submit run.sh --core-type granite --download results',
      says: 'Another core type than the script names, and the outputs when it has ended',
    },
    {
      command: "quarry jobs submit --after abcDEF --after ghiJKL:any --command './report.sh'",
      says: 'When one job has ended in success, and another one in any way',
    },
    { command: 'quarry jobs submit --bulk jobs.jsonl', says: 'Many jobs in one request' },
  ],
  async run(given, context): Promise<Submission | SubmittedJobs> {
    if (given.bulk !== undefined) {
      return submitMany(given.bulk, given, context);
    }
    if (given.download !== undefined) {
      await checkFolderIsFree(given.download);
    }
    const submission =
      given.saved === undefined ? await submitNew(given, context) : await submitSaved(given, context);
    if (!submission.submitted || (!given.wait && given.download === undefined)) {
      return submission;
    }
    const id = submission.id!;
    submission.ended = toEndedJob(await watchJob(id, context));
    if (given.download !== undefined) {
      const { sdk, io, signal } = context;
      submission.outputs = await downloadOutputs(id, given.download, { overwrite: false, signal }, sdk, io);
    }
    return submission;
  },
  present(submission, io) {
    if ('jobs' in submission) {
      printJobs(submission, io);
    } else if (!submission.submitted) {
      printDryRun(submission, io);
    } else if (submission.ended) {
      printEndedJob(submission.ended, io);
      if (submission.outputs) {
        printDownloads(submission.outputs, io);
      }
    } else {
      io.print(`Job ${submission.id} (${submission.name}) is submitted.`);
      io.note(`Follow it with: quarry jobs watch ${submission.id}`);
    }
  },
  exitCode: (submission) =>
    'ended' in submission && submission.ended ? exitCodeOf(submission.ended.outcome) : EXIT.ok,
});

function submitMany(bulk: string, given: Options, context: PlatformContext): Promise<SubmittedJobs> {
  const { bulk: _bulk, dryRun: _dryRun, yes: _yes, ...others } = given;
  if (Object.values(others).some(isGiven)) {
    throw usageError(
      '--bulk takes its jobs as they stand in the file: no other option describes them.',
      'Write everything into the definitions; follow single jobs with `quarry jobs watch`.',
    );
  }
  return submitBulk(bulk, given, context);
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

function printJobs({ jobs, submitted }: SubmittedJobs, io: Io): void {
  if (!submitted) {
    io.print(`${count(jobs.length, 'job')} would be submitted. Nothing was sent.`);
    return;
  }
  for (const { id, name, warnings } of jobs) {
    io.print(`Job ${id} (${name}) is submitted.`);
    for (const warning of warnings) {
      io.warn(`${id}: ${warning}`);
    }
  }
}

async function submitNew(given: Options, context: PlatformContext): Promise<Submission> {
  const { sdk, io, signal } = context;
  const plan = await planJob(await readDraft(given, context), sdk, signal);
  for (const warning of plan.warnings) {
    io.warn(warning);
  }
  announce(plan, io);
  if (given.dryRun) {
    return describeDryRun(plan, io);
  }
  await confirmSweep(plan, given.yes, context);
  return submitPlan(plan, context);
}

async function submitSaved({ saved, ...given }: Options, context: PlatformContext): Promise<Submission> {
  const { wait: _wait, download: _download, yes: _yes, ...describing } = given;
  const others = Object.entries(describing).filter(([, value]) => isGiven(value));
  if (others.length > 0) {
    const names = others.map(([name]) => namesOfOptions[name as keyof typeof describing]);
    throw usageError(
      `${names.join(', ')} ${names.length === 1 ? 'describes' : 'describe'} a new job, and --saved names one that is described already.`,
      'Submit it as it is, or describe a new one.',
    );
  }
  const job = await context.sdk.jobs.get(saved!, { signal: context.signal });
  const hardware = job.jobanalyses[0]?.hardware;
  await context.sdk.jobs.submit(job.id, { signal: context.signal });
  return {
    id: job.id,
    name: job.name,
    submitted: true,
    coreType: hardware?.coreType ?? null,
    coresPerSlot: hardware?.coresPerSlot ?? null,
    cheapest: false,
    estimate: null,
    warnings: [],
  };
}

async function readDraft(given: Options, { io }: PlatformContext): Promise<DraftJob> {
  const [script, ...moreInputs] = given.script;
  const ways = [given.definition !== undefined && '--definition', script !== undefined && 'a script'].filter(
    Boolean,
  );
  if (ways.length > 1) {
    throw usageError(`Describe the job in one way, not by ${ways.join(' and ')}.`);
  }
  const draft = await readWay();
  if (given.cheapest) {
    for (const tile of draft.tiles) {
      delete tile.coreType;
    }
  }
  return draft;

  async function readWay(): Promise<DraftJob> {
    if (given.definition === undefined && script === undefined) {
      if (given.command === undefined) {
        throw usageError(
          'There is nothing to submit.',
          'Give --command, a script, or --definition; see `quarry help jobs submit`.',
        );
      }
      return draftFromOptions(given);
    }
    const draft =
      given.definition === undefined
        ? await draftFromScript(script!, moreInputs)
        : await draftFromDefinition(given.definition, io.stdin);
    applyOptions(draft, given);
    return draft;
  }
}
