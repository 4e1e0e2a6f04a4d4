import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { count } from '../output/human.ts';
import { type FollowContext, watchJob } from './follow-job.ts';
import { type EndedJob, exitCodeOf, printEndedJob, toEndedJob } from './outcome.ts';

/** Numbers that are listed in words; of more only their number is said. */
const MOST_NAMED = 10;

/** Runs that are executed again or resumed, and what the job came to, if it was followed. */
export interface ExecutedAgain {
  job: string;
  runs: string[];
  ended?: EndedJob;
}

/** Follows a job some of whose runs are `done` once more, when that is wished and there are any. */
export async function followAgain(
  again: ExecutedAgain,
  { wait, done }: { wait: boolean; done: 'executed again' | 'resumed' },
  context: FollowContext,
): Promise<ExecutedAgain> {
  const { job, runs } = again;
  if (!wait || runs.length === 0) {
    return again;
  }
  const are = runs.length === 1 ? 'is' : 'are';
  context.io.note(`${count(runs.length, 'run')} of job ${job} ${are} ${done}`);
  return { ...again, ended: toEndedJob(await watchJob(job, context)) };
}

/** Says which runs it is, or how the job has ended. */
export function printAgain(
  { job, runs, ended }: ExecutedAgain,
  { done, none }: { done: 'executed again' | 'resumed'; none: string },
  io: Io,
): void {
  if (ended) {
    printEndedJob(ended, io);
  } else if (runs.length === 0) {
    io.print(none);
  } else {
    const named = runs.length <= MOST_NAMED ? ` (${runs.join(', ')})` : '';
    io.print(`${count(runs.length, 'run')} of job ${job} to be ${done}${named}.`);
    io.note(`Follow the job with: quarry jobs watch ${job}`);
  }
}

export function exitCodeOfAgain({ ended }: ExecutedAgain): ExitCode {
  return ended ? exitCodeOf(ended.outcome) : EXIT.ok;
}
