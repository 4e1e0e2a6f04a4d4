import type { ResultsTable } from '@quarry/sdk';
import {
  defineCommand,
  flag,
  optionalArgument,
  optionalText,
  type PlatformContext,
  text,
  texts,
  type ValuesOf,
} from '../command.ts';
import { usageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { watchJob } from '../follow/follow-job.ts';
import { type EndedJob, exitCodeOf, printEndedJob, toEndedJob } from '../follow/outcome.ts';
import type { Io } from '../io.ts';
import { listOptions, mostOf } from '../listing.ts';
import { count } from '../output/human.ts';
import { bestRuns } from '../results/best.ts';
import { noteRestOfTable, printResults } from '../results/print.ts';
import { readResults } from '../results/read.ts';
import { checkSavePlaces, saveResults } from '../results/save.ts';
import { confirmSweep } from '../submission/confirm.ts';
import { jobParameters } from '../submission/options.ts';
import { type Plan, planJob } from '../submission/plan.ts';
import {
  announce,
  describeDryRun,
  printDryRun,
  type Submitted,
  submitPlan,
} from '../submission/submitted.ts';
import { draftSweep, type SweepDraft, sweepParameters } from '../sweep/draft.ts';
import { type Objective, parseBest, parseConstraint } from '../sweep/objective.ts';
import { inWordsOfOptions } from '../sweep/refusals.ts';

/** Best runs that are shown. */
const BEST_RUNS = 5;

const parameters = { shellCommand: optionalArgument('[command]', 'what each run executes, by bash') };

const options = {
  ...sweepParameters,
  ...jobParameters,
  output: texts('--output <name>', 'output to show, and to be missed if no run has it (repeatable)'),
  best: text('--best <name>', 'show the runs with the least of an output, or NAME:max with the greatest'),
  dryRun: flag('--dry-run', 'show definition and price, and stop there'),
  yes: flag('--yes', 'ask nothing, also where the parameters reach nothing'),
  follow: flag('--no-follow', 'submit, and do not wait for the end'),
  csv: optionalText('--csv [file]', 'the table of results as CSV, into a file or to standard output'),
  parquet: text('--parquet <file>', 'the table of results as a Parquet file'),
  ...listOptions,
};

type Options = ValuesOf<typeof parameters & typeof options>;

/** What `--json` prints. */
interface Sweep extends Submitted {
  /** Null where only the platform can tell. */
  runs: number | null;
  ended?: EndedJob;
  results?: ResultsTable;
  /** Rows of the results, the best first. */
  best?: ResultsTable['rows'];
  /** Of `--output`, those that no run has. */
  missingOutputs?: string[];
}

export default defineCommand({
  details:
    'Makes a job of many runs from parameters, follows it, and ends with a table: a row for each run, with its inputs ' +
    'and what its post-process script printed as name<TAB>value. Parameters that list their values are combined, each ' +
    'with each; --sample takes points from those that are ranges or distributions. Templates are files in which ' +
    `\${name} becomes the value of the run. Exit code 0 when every run succeeded, 8 when one failed, 9 when the job ` +
    'was stopped or ran out of walltime. Ctrl-C ends the following only.',
  arguments: parameters,
  options,
  examples: [
    {
      command:
        "quarry sweep --param angle=0:10:2 --template U.tmpl=0/U --post forces.py './solve.sh' --slots 4",
      says: 'Six angles, four at a time; forces.py prints the outputs',
    },
    {
      command:
        "quarry sweep --param x=0:1 --param y~normal:5:0.5 --sample lhs:200 --input f.py 'python f.py'",
      says: '200 runs of a Latin hypercube',
    },
    {
      command: "quarry sweep --params wings.csv --post out.sh --csv results.csv --best Cd './run.sh'",
      says: 'A run for each line of a file; the table as a file, and the runs with the least Cd',
    },
    {
      command:
        "quarry sweep --param x=0:5 --param y=0:5 --minimize mass --constraint 'stress<=200' --post out.sh './run.sh'",
      says: 'Let an optimizer choose',
    },
  ],
  async run(given, context): Promise<Sweep> {
    const { sdk, io, signal } = context;
    const command = commandOf(given);
    const best = given.best === undefined ? undefined : parseBest(given.best);
    await checkSavePlaces(given, io);
    const draft = await draftSweep({ ...given, command });
    const inWords = (error: unknown) => {
      throw inWordsOfOptions(error, draft, given);
    };
    const plan = await planJob(draft.draft, sdk, signal).catch(inWords);
    const runs = plan.preview?.runs.count ?? draft.runs;
    for (const warning of plan.warnings) {
      io.warn(warning);
    }
    announceRuns({ ...draft, runs }, plan, io);
    announce(plan, io);
    if (given.dryRun) {
      return { ...describeDryRun(plan, io), runs };
    }
    await confirmSweep(plan, given.yes, context);
    const submitted = await submitPlan(plan, context).catch(inWords);
    const sweep: Sweep = { ...submitted, runs };
    if (!given.follow) {
      return sweep;
    }
    await finish(sweep, submitted.id, best, given, context);
    return sweep;
  },
  present(sweep, io, given) {
    if (!sweep.submitted) {
      printDryRun(sweep, io);
    } else if (!sweep.ended) {
      io.print(`Sweep ${sweep.id} (${sweep.name}) is submitted.`);
      io.note(`Follow it with: quarry jobs watch ${sweep.id}`);
      io.note(`Its results: quarry runs table ${sweep.id}`);
    } else {
      printSweep(sweep, sweep.ended, given, io);
    }
  },
  exitCode: ({ ended }) => (ended ? exitCodeOf(ended.outcome) : EXIT.ok),
});

/** The command, given as argument or as option; `--csv` in front of it would take it for a file. */
function commandOf({ shellCommand, command, csv }: Options): string {
  if (shellCommand !== undefined && command !== undefined) {
    throw usageError('The command is there twice: as an argument and as --command.');
  }
  const found = shellCommand ?? command;
  if (found !== undefined) {
    return found;
  }
  throw usageError(
    'There is no command for the runs.',
    typeof csv === 'string'
      ? `--csv took "${csv}" for the name of a file; write --csv last, or the command as --command.`
      : "Give it in quotation marks: quarry sweep --param x=1,2 'python f.py'",
  );
}

function announceRuns({ runs, draft, notes }: SweepDraft, { definition }: Plan, io: Io): void {
  for (const text of notes) {
    io.warn(text);
  }
  const slots = count(Number(definition.jobanalyses[0]?.hardware.slots ?? 1), 'slot');
  if (draft.definition.isTemplateDryRun) {
    io.note('Runs: none, templates are checked only');
  } else if (runs !== null) {
    io.note(`Runs: ${runs.toLocaleString('en')}, on ${slots}`);
  } else {
    io.note(`Runs: the platform plans them, on ${slots}`);
  }
}

/** Follows the sweep to its end and reads what came out. */
async function finish(
  sweep: Sweep,
  id: string,
  best: Objective | undefined,
  given: Options,
  context: PlatformContext,
): Promise<void> {
  const { sdk, io, signal } = context;
  const further = [`Its results so far: quarry runs table ${id}`];
  sweep.ended = toEndedJob(await watchJob(id, context, further));
  if (given.checkTemplates) {
    return;
  }
  const results = await readResults(sdk, id, { signal });
  sweep.results = results;
  const objective = best ?? objectiveOf(given);
  if (objective) {
    sweep.best = bestRuns(results, objective, given.constraint.map(parseConstraint), BEST_RUNS);
  }
  const there = new Set(results.columns.filter(({ kind }) => kind === 'output').map(({ name }) => name));
  sweep.missingOutputs = given.output.filter((name) => !there.has(name));
  if (objective && !there.has(objective.name) && !sweep.missingOutputs.includes(objective.name)) {
    sweep.missingOutputs.push(objective.name);
  }
  for (const name of sweep.missingOutputs) {
    const others = there.size > 0 ? `; there is ${[...there].join(', ')}` : ', and no other output either';
    io.warn(`No run has an output "${name}"${others}.`);
  }
  await saveResults(id, given, sdk, io, signal);
}

function objectiveOf({ minimize, maximize }: Options): Objective | undefined {
  if (minimize !== undefined) {
    return { name: minimize, goal: 'minimize' };
  }
  return maximize === undefined ? undefined : { name: maximize, goal: 'maximize' };
}

function printSweep({ id, results, best }: Sweep, ended: EndedJob, given: Options, io: Io): void {
  if (given.csv === true) {
    // Standard output is the table's.
    printEndedJob(ended, io, (line) => io.note(line));
    return;
  }
  if (results) {
    const rows = results.rows.slice(0, mostOf(given));
    const hidden = printResults(io, results, { outputs: given.output, rows });
    noteRestOfTable(io, id!, rows.length, results.rows.length, hidden);
    io.print();
  }
  const objective = given.best === undefined ? objectiveOf(given) : parseBest(given.best);
  if (results && objective && best && best.length > 0) {
    const which = objective.goal === 'minimize' ? 'Least' : 'Greatest';
    io.print(io.style('bold', `${which} ${objective.name}`));
    printResults(io, results, { outputs: given.output, rows: best });
    io.print();
  }
  printEndedJob(ended, io);
}
