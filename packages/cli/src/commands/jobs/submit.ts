import type { JobDefinition } from '@quarry/sdk';
import {
  argumentsList,
  defineCommand,
  flag,
  integer,
  type PlatformContext,
  text,
  texts,
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
import { count, formatMoney } from '../../output/human.ts';
import { printableJson } from '../../output/printable.ts';
import { draftFromDefinition } from '../../submission/definition.ts';
import type { DraftJob } from '../../submission/draft.ts';
import type { Estimate } from '../../submission/estimate.ts';
import { applyOptions, draftFromOptions } from '../../submission/options.ts';
import { type Plan, planJob } from '../../submission/plan.ts';
import { draftFromScript } from '../../submission/script.ts';
import { createPlannedJob } from '../../submission/send.ts';

const parameters = {
  script: argumentsList('[script...]', 'a job script with #RESCALE_* directives, then further inputs'),
};

const options = {
  command: text('--command <text>', 'what to run, by bash'),
  input: texts('--input <path>', 'file or folder the job needs (repeatable); archives are unpacked'),
  existingFile: texts('--existing-file <id>', 'stored file the job needs (repeatable)'),
  analysis: text('--analysis <code>', 'software, as code or code:version (see `quarry analyses`)'),
  coreType: text('--core-type <code>', 'kind of cores (see `quarry coretypes`)'),
  cores: integer('--cores <n>', 'cores per slot; the fewest of the core type unless told otherwise'),
  slots: integer('--slots <n>', 'how many runs at the same time'),
  walltime: integer('--walltime <hours>', 'longest time the job may take'),
  cheapest: flag('--cheapest', 'the cheapest core type that fits, whatever the script or definition names'),
  name: text('--name <text>', 'name of the job'),
  project: text('--project <name>', 'project, by name or id'),
  env: texts('--env <name=value>', 'environment variable of the command (repeatable)'),
  lowPriority: flag('--low-priority', 'cheaper, and after jobs of normal priority'),
  tag: texts('--tag <text>', 'tag of the job (repeatable)'),
  definition: text('--definition <file>', 'JSON definition as the API takes it; - reads standard input'),
  saved: text('--saved <job>', 'submit a job that is created already'),
  dryRun: flag('--dry-run', 'show definition and price, and stop there'),
  wait: flag('--wait, --watch', 'follow the job until it has ended; the exit code says how it ended'),
  download: text('--download <folder>', 'wait, then download the outputs into this folder'),
};

type Options = ValuesOf<typeof parameters & typeof options>;

/** What `--json` prints. */
interface Submission {
  /** Null in a dry run. */
  id: string | null;
  name: string;
  submitted: boolean;
  coreType: string | null;
  coresPerSlot: number | null;
  /** True when quarry chose the core type. */
  cheapest: boolean;
  estimate: Estimate | null;
  warnings: string[];
  definition?: JobDefinition;
  inputs?: { path: string; name: string; sizeBytes: number | null }[];
  ended?: EndedJob;
  outputs?: SavedFile[];
}

export default defineCommand({
  details:
    'The job is described in one of three ways: by --command and options; by a JSON --definition, whose inputFiles ' +
    'may name local files as {"path": …}; or by a script with #RESCALE_* directives. Options win over both. Without ' +
    'a core type the cheapest one that fits is taken. The price is shown before anything is sent.',
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
  ],
  async run(given, context) {
    if (given.download !== undefined) await checkFolderIsFree(given.download);
    const submission =
      given.saved === undefined ? await submitNew(given, context) : await submitSaved(given, context);
    if (!submission.submitted || (!given.wait && given.download === undefined)) return submission;
    const id = submission.id!;
    submission.ended = toEndedJob(await watchJob(id, context));
    if (given.download !== undefined) {
      const { sdk, io, signal } = context;
      submission.outputs = await downloadOutputs(id, given.download, { overwrite: false, signal }, sdk, io);
    }
    return submission;
  },
  present(submission, io) {
    if (!submission.submitted) printDryRun(submission, io);
    else if (submission.ended) {
      printEndedJob(submission.ended, io);
      if (submission.outputs) printDownloads(submission.outputs, io);
    } else {
      io.print(`Job ${submission.id} (${submission.name}) is submitted.`);
      io.note(`Follow it with: quarry jobs watch ${submission.id}`);
    }
  },
  exitCode: ({ ended }) => (ended ? exitCodeOf(ended.outcome) : EXIT.ok),
});

async function submitNew(given: Options, context: PlatformContext): Promise<Submission> {
  const { sdk, io, signal } = context;
  const plan = await planJob(await readDraft(given, context), sdk, signal);
  for (const warning of plan.warnings) io.warn(warning);
  announce(plan, io);
  const submission = toSubmission(plan);
  if (given.dryRun) {
    submission.definition = plan.definition;
    submission.inputs = plan.inputs.map(({ path, name, sizeBytes }) => ({ path, name, sizeBytes }));
    return submission;
  }
  const job = await createPlannedJob(plan, sdk, io, signal);
  submission.id = job.id;
  submission.warnings.push(...(job.warnings ?? []));
  await submit(job.id, context);
  submission.submitted = true;
  return submission;
}

async function submitSaved({ saved, dryRun }: Options, context: PlatformContext): Promise<Submission> {
  if (dryRun) throw usageError('--dry-run describes a new job, and --saved names an old one.');
  const job = await context.sdk.jobs.get(saved!, { signal: context.signal });
  const hardware = job.jobanalyses[0]?.hardware;
  await submit(job.id, context);
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
  if (ways.length > 1) throw usageError(`Describe the job in one way, not by ${ways.join(' and ')}.`);
  const draft = await readWay();
  if (given.cheapest) for (const tile of draft.tiles) delete tile.coreType;
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

/** Says what was chosen and what it costs, before anything is sent. */
function announce({ hardware, estimate, definition }: Plan, io: Io): void {
  const type = hardware.type ? `${hardware.type.name} (${hardware.code})` : hardware.code;
  const why = hardware.cheapest ? ', the cheapest that fits' : '';
  io.note(`Core type: ${type} with ${count(hardware.cores, 'core')}${why}`);
  if (!estimate) io.note('Price: not known for this core type');
  else if (definition.jobanalyses[0]?.hardware.walltime) io.note(`Price at most: ${estimate.formula}`);
  else {
    io.note(`Price per hour: ${estimate.formula}`);
    io.note(`Price at most: ${describeMost(estimate)}`);
  }
}

function describeMost({ amount, hours, currency, isLongest }: Estimate): string {
  if (amount === null) return 'not known: no --walltime is given, and the platform does not tell its longest';
  const why = isLongest ? `, the longest walltime here: no --walltime is given` : '';
  return `${formatMoney(amount, currency)} (${hours} h${why})`;
}

function toSubmission({ definition, hardware, estimate, warnings }: Plan): Submission {
  return {
    id: null,
    name: definition.name,
    submitted: false,
    coreType: hardware.code,
    coresPerSlot: hardware.cores,
    cheapest: hardware.cheapest,
    estimate: estimate ?? null,
    warnings,
  };
}

async function submit(jobId: string, { sdk, io, signal }: PlatformContext): Promise<void> {
  try {
    await sdk.jobs.submit(jobId, { signal });
  } catch (error) {
    io.advise(`Job ${jobId} is created but not submitted. Try: quarry jobs submit --saved ${jobId}`);
    throw error;
  }
}

function printDryRun({ definition, inputs, estimate }: Submission, io: Io): void {
  io.print(printableJson(definition, 2));
  for (const { path, name } of inputs ?? []) io.note(`Would upload ${path} as ${name}`);
  if (!estimate) {
    io.note('Nothing was sent.');
    return;
  }
  const perHour = formatMoney(estimate.perHour, estimate.currency);
  io.note(`Nothing was sent. Price: ${perHour} per hour, at most ${describeMost(estimate)}`);
}
