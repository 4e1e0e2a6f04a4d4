/** A sweep as its options describe it. */
import type { RetryPolicy } from '@quarry/sdk';
import { choice, flag, integer, number, text, texts, type ValuesOf } from '../command.ts';
import { usageError } from '../errors.ts';
import type { Attachment, DraftJob } from '../submission/draft.ts';
import { draftFromOptions, type JobOptions } from '../submission/options.ts';
import { parseTemplate, readScript } from './files.ts';
import { readOptimizer } from './objective.ts';
import { parseParam } from './param.ts';
import { parseSample, SAMPLE_FORMS } from './sample.ts';
import { toVariables } from './variables.ts';

/** The options that make a job a sweep. */
export const sweepParameters = {
  param: texts(
    '--param <name=values>',
    'a parameter and its values: x=0:10:1, x=1,2,4, x~normal:0:1 (repeatable)',
  ),
  params: text('--params <file>', 'CSV file of parameters: names in the first line, a run on each other one'),
  cases: text('--cases <file>', 'CSV file of cases, each of which is combined with all other parameters'),
  sample: text('--sample <design>', `how to take values from ranges: ${SAMPLE_FORMS}`),
  seed: integer('--seed <n>', 'seed of what is random in it, to get the same values again', 0),
  template: texts(
    '--template <local=remote>',
    `file whose \${names} are filled in for each run (repeatable)`,
  ),
  pre: text('--pre <script>', 'script before the command, as FILE or FILE:COMMAND'),
  preCommand: text('--pre-command <text>', 'how to start it, or a command without a file'),
  post: text('--post <script>', 'script after the command, which prints name<TAB>value for each output'),
  postCommand: text('--post-command <text>', 'how to start it, or a command without a file'),
  nominal: flag('--nominal', 'one more run with the nominal values: x=0:10:1@5, else the middle'),
  checkTemplates: flag('--check-templates', 'fill in and check all templates, run nothing'),
  retries: integer('--retries <n>', 'times that a failed run is executed again'),
  retryOn: text('--retry-on <codes>', 'only after these exit codes, such as 75,137'),
  ifAgentLost: text(
    '--if-agent-lost <what>',
    'what becomes of a run whose agent dies: fail, retry from its beginning, or resume',
  ),
  maxFailed: integer('--max-failed <n>', 'stop the sweep when that many runs have failed for good'),
  minimize: text('--minimize <output>', 'look for the least of an output; the ranges are what may be chosen'),
  maximize: text('--maximize <output>', 'look for the greatest'),
  constraint: texts('--constraint <bound>', 'bound that an output must keep, such as "mass<=2" (repeatable)'),
  maxRuns: integer('--max-runs <n>', 'runs that the optimizer may take'),
  target: number('--target <value>', 'stop when the objective is this good'),
  tolerance: number('--tolerance <value>', 'stop when it does not get better by more than this'),
  method: choice('--method <name>', 'how to look for it', ['direct', 'nelder-mead']),
};
export type SweepOptions = ValuesOf<typeof sweepParameters> & JobOptions;

export interface SweepDraft {
  draft: DraftJob;
  /** Runs that it will have; null where only the platform can tell. */
  runs: number | null;
  /** `--template` of each template task, to name them in refusals. */
  templates: string[];
  /** For the user, before anything is sent. */
  notes: string[];
}

/** Reads all options of a sweep, and the first bytes of its scripts; refuses what cannot be meant. */
export async function draftSweep(options: SweepOptions): Promise<SweepDraft> {
  const params = options.param.map(parseParam);
  const optimizer = readOptimizer(options);
  const sample = options.sample === undefined ? undefined : parseSample(options.sample);
  if (params.length === 0 && options.params === undefined && options.cases === undefined && !optimizer) {
    throw usageError(
      'Nothing varies: there would be one run.',
      'Give parameters, such as --param x=0:10:1, or a file of them with --params; else use `quarry jobs submit`.',
    );
  }
  const { jobvariables, monteCarloIterations, runs, notes } = toVariables({
    params,
    sample,
    seed: options.seed,
    forOptimizer: optimizer !== undefined,
  });
  const draft = draftFromOptions(options);
  const retryPolicy = readRetryPolicy(options);
  Object.assign(draft.definition, {
    jobvariables,
    ...(monteCarloIterations !== undefined && { monteCarloIterations }),
    ...(optimizer !== undefined && { optimizer }),
    ...(retryPolicy !== undefined && { retryPolicy }),
    ...(options.nominal && { includeNominalRun: true }),
    ...(options.checkTemplates && { isTemplateDryRun: true }),
  });
  draft.attachments = await readAttachments(options, draft);
  const isCounted = runs !== null && options.params === undefined && options.cases === undefined;
  return {
    draft,
    runs: isCounted ? runs + (options.nominal ? 1 : 0) : null,
    templates: options.template,
    notes,
  };
}

async function readAttachments(options: SweepOptions, draft: DraftJob): Promise<Attachment[]> {
  const attachments: Attachment[] = options.template.map(parseTemplate);
  if (options.params !== undefined) {
    attachments.push({ use: 'paramFile', path: options.params });
  }
  if (options.cases !== undefined) {
    attachments.push({ use: 'caseFile', path: options.cases });
  }
  const tile = draft.tiles[0]!.definition;
  const pre = await readScript(options.pre, options.preCommand, '--pre');
  const post = await readScript(options.post, options.postCommand, '--post');
  if (pre) {
    tile.preProcessScriptCommand = pre.command;
  }
  if (post) {
    tile.postProcessScriptCommand = post.command;
  }
  if (pre?.path !== undefined) {
    attachments.push({ use: 'preProcessScript', tile: 0, path: pre.path });
  }
  if (post?.path !== undefined) {
    attachments.push({ use: 'postProcessScript', tile: 0, path: post.path });
  }
  return attachments;
}

function readRetryPolicy({
  retries,
  retryOn,
  ifAgentLost,
  maxFailed,
}: SweepOptions): RetryPolicy | undefined {
  if (retryOn !== undefined && retries === undefined) {
    throw usageError(
      '--retry-on says after which exit codes, and --retries how often.',
      'Give --retries as well.',
    );
  }
  const agentLost = readAgentLost(ifAgentLost);
  if (retries === undefined && maxFailed === undefined && agentLost === null) {
    return undefined;
  }
  return {
    maxRetries: retries ?? 0,
    exitCodes: retryOn === undefined ? null : retryOn.split(',').map(readExitCode),
    agentLost,
    maxFailedRuns: maxFailed ?? null,
  };
}

const AFTER_LOSS = ['fail', 'retry', 'resume'] as const;

function readAgentLost(given: string | undefined): RetryPolicy['agentLost'] {
  if (given === undefined) {
    return null;
  }
  const what = AFTER_LOSS.find((word) => word === given.trim().toLowerCase());
  if (what) {
    return what;
  }
  throw usageError(`--if-agent-lost cannot be "${given}".`, `Give one of ${AFTER_LOSS.join(', ')}.`);
}

function readExitCode(given: string): number {
  const code = Number(given);
  if (/^\s*\d{1,3}\s*$/.test(given) && code <= 255) {
    return code;
  }
  throw usageError(
    `--retry-on takes exit codes from 0 to 255 with commas between them, not "${given.trim()}".`,
  );
}
