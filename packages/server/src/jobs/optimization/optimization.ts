/**
 * The loop of a job with an optimizer. Run 1 stands for the optimization and is executed by nobody; its iterations
 * are runs of type 2, planned round by round in the transaction that records the end of the last open one. What
 * comes next follows from the table alone, so a server that was killed goes on where it was.
 */
import { type JobOptimization, RUN_TYPE, type RunOutcome } from '@quarry/contract';
import type { Instant } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import type { Bit } from '../../db/tables.ts';
import { nextIterations } from '../../sweeps/optimize/next-iterations.ts';
import type { Evaluated, Problem } from '../../sweeps/optimize/problem.ts';
import { evaluatedOf, problemOf } from '../../sweeps/optimize/problem-of.ts';
import { bestIteration } from '../../sweeps/optimize/stopping.ts';
import type { StoredDefinition } from '../definition/stored.ts';
import type { JobState } from '../life/state.ts';
import { isFailureLimit } from '../runs/failure-limit.ts';
import { insertRuns } from '../runs/insert-runs.ts';

/** Number of the run that stands for the optimization. */
const OPTIMIZATION = 1;
/** Not null, so that no agent is given it and no stop takes it for a run that waits. */
const BATCH_OF_NOBODY = 0;

type End = Pick<JobOptimization, 'reason' | 'message'>;

const NOT_YET: JobOptimization = { bestRun: null, reason: null, message: null };

/** Inserts the run of an optimization and its first iterations; answers how many of these there are. */
export async function beginOptimization(
  queries: Queries,
  jobId: string,
  definition: StoredDefinition,
): Promise<number> {
  const nothing = { count: 1, values: () => [] };
  await insertRuns(queries, jobId, nothing, { type: RUN_TYPE.optimization, batch: BATCH_OF_NOBODY });
  await saveOptimization(queries, jobId, NOT_YET);
  return planIterations(queries, jobId, definition, null);
}

/** Notes that an iteration has begun to execute: with the first of them the optimization has. */
export async function noteIterationStarted(queries: Queries, jobId: string, at: Instant): Promise<void> {
  await queries
    .updateTable('runs')
    .set({ date_started: at })
    .where('job_id', '=', jobId)
    .where('number', '=', OPTIMIZATION)
    .where('date_started', 'is', null)
    .execute();
}

/** Opens an optimization again, when iterations of an ended job are executed once more. */
export async function reopenOptimization(queries: Queries, jobId: string): Promise<void> {
  const before = await readOptimization(queries, jobId);
  if (!before) {
    return;
  }
  await saveOptimization(queries, jobId, { ...NOT_YET, bestRun: before.bestRun });
  await queries
    .updateTable('runs')
    .set({ outcome: null, failure: null, date_completed: null, stop_requested: 0 })
    .where('job_id', '=', jobId)
    .where('number', '=', OPTIMIZATION)
    .execute();
}

/**
 * Sees to what follows from the end of an iteration, which is on its row already but not in the job's `state`: it
 * may be the best so far, and when it was the last open one, others are planned. Answers how many.
 */
export async function followIteration(
  queries: Queries,
  job: { id: string; definition: StoredDefinition; state: JobState },
  ended: { number: number; outcome: RunOutcome },
): Promise<number> {
  const { id, definition, state } = job;
  if (!definition.optimizer) {
    return 0;
  }
  await markBest(queries, id, problemOf(definition)!, ended.number);
  if (state.runsLeft !== 1 || state.stop || ended.outcome === 'walltime_exceeded') {
    return 0;
  }
  const isTooMany =
    ended.outcome === 'failed' && (await isFailureLimit(queries, id, definition, state.runsFailed + 1));
  return planIterations(queries, id, definition, isTooMany ? tooManyFailed(definition) : null);
}

/** Plans what comes next while no iteration is open; `end` is a reason to plan nothing. */
async function planIterations(
  queries: Queries,
  jobId: string,
  definition: StoredDefinition,
  end: End | null,
): Promise<number> {
  const problem = problemOf(definition)!;
  const runs = await findIterations(queries, jobId);
  const evaluated = runs.map((run) => evaluatedOf(problem, run));
  const ending = end ?? (await endOutside(queries, jobId, definition, runs.length));
  const next = ending ? { points: [], end: ending } : nextIterations(problem, evaluated, problem.maxRuns);
  if (next.end) {
    const best = bestIteration(problem, evaluated);
    const found = inWords(problem, best === null ? null : { ...runs[best]!, ...evaluated[best]! });
    const { reason, message } = next.end;
    const bestRun = best === null ? null : String(runs[best]!.number);
    await saveOptimization(queries, jobId, { bestRun, reason, message: `${message} ${found}` });
    return 0;
  }
  const { points } = next;
  const first = OPTIMIZATION + runs.length + 1;
  const plan = { count: points.length, values: (index: number) => points[index]!.map(String) };
  await insertRuns(queries, jobId, plan, { first, type: RUN_TYPE.iteration, parent: OPTIMIZATION });
  await queries
    .updateTable('jobs')
    .set({ expected_runs: first + points.length - 1 })
    .where('id', '=', jobId)
    .execute();
  return points.length;
}

/** Reasons to end that have nothing to do with what the iterations found. */
async function endOutside(
  queries: Queries,
  jobId: string,
  definition: StoredDefinition,
  iterations: number,
): Promise<End | null> {
  if (definition.isTemplateDryRun && iterations > 0) {
    return { reason: 'dry_run', message: 'Templates were rendered for one point and nothing was executed.' };
  }
  const run = await queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('number', '=', OPTIMIZATION)
    .select('stop_requested')
    .executeTakeFirstOrThrow();
  if (run.stop_requested === 0) {
    return null;
  }
  return { reason: 'stopped', message: `Run ${OPTIMIZATION}, the optimization, was stopped on request.` };
}

function tooManyFailed({ retryPolicy }: StoredDefinition): End {
  const limit = retryPolicy!.maxFailedRuns!;
  return {
    reason: 'too_many_failures',
    message: `${limit} ${limit === 1 ? 'iteration has' : 'iterations have'} failed, as many as retryPolicy.maxFailedRuns allows.`,
  };
}

function inWords(problem: Problem, best: ({ number: number } & Evaluated) | null): string {
  const { objective, constraints } = problem;
  if (best) {
    return `The best is run ${best.number} with ${objective.name} = ${best.objective}.`;
  }
  return constraints.length > 0
    ? `No iteration was found that keeps every constraint and tells ${objective.name}.`
    : `No iteration has told ${objective.name}.`;
}

/** Sees to it that the best iteration is one that has ended, after some are to be executed again. */
export async function chooseBestAgain(
  queries: Queries,
  jobId: string,
  definition: StoredDefinition,
): Promise<void> {
  if (definition.optimizer) {
    await markBest(queries, jobId, problemOf(definition)!, null);
  }
}

/** Compares an iteration that has just ended, if any, with the best before, and marks the better one. */
async function markBest(
  queries: Queries,
  jobId: string,
  problem: Problem,
  ended: number | null,
): Promise<void> {
  const before = (await readOptimization(queries, jobId)) ?? NOT_YET;
  const rival = before.bestRun === null ? null : Number(before.bestRun);
  const both = [rival, ended].filter((number) => number !== null);
  if (both.length === 0) {
    return;
  }
  let runs = await findIterations(queries, jobId, both);
  // The best is to be executed again: any other may be the best now.
  if (rival !== null && !runs.some((run) => run.number === rival && run.is_optimal === 1)) {
    runs = await findIterations(queries, jobId);
  }
  const index = bestIteration(
    problem,
    runs.map((run) => evaluatedOf(problem, run)),
  );
  const best = index === null ? null : runs[index]!;
  if (best?.is_optimal === 1 || (best === null && rival === null)) {
    return;
  }
  const mark = (number: number, isOptimal: Bit) =>
    queries
      .updateTable('runs')
      .set({ is_optimal: isOptimal })
      .where('job_id', '=', jobId)
      .where('number', '=', number)
      .execute();
  if (rival !== null) {
    await mark(rival, 0);
  }
  if (best) {
    await mark(best.number, 1);
  }
  await saveOptimization(queries, jobId, { ...before, bestRun: best && String(best.number) });
}

/** Iterations that have ended, in order; of all, or of those named. */
function findIterations(queries: Queries, jobId: string, numbers?: readonly number[]) {
  const ended = queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('type', '=', RUN_TYPE.iteration)
    .where('outcome', 'is not', null)
    .orderBy('number')
    .select(['number', 'inputs', 'results', 'outcome', 'is_optimal']);
  return (numbers ? ended.where('number', 'in', numbers) : ended).execute();
}

async function readOptimization(queries: Queries, jobId: string): Promise<JobOptimization | null> {
  const { optimization } = await queries
    .selectFrom('jobs')
    .where('id', '=', jobId)
    .select('optimization')
    .executeTakeFirstOrThrow();
  return optimization === null ? null : (JSON.parse(optimization) as JobOptimization);
}

async function saveOptimization(
  queries: Queries,
  jobId: string,
  optimization: JobOptimization,
): Promise<void> {
  await queries
    .updateTable('jobs')
    .set({ optimization: JSON.stringify(optimization) })
    .where('id', '=', jobId)
    .execute();
}
