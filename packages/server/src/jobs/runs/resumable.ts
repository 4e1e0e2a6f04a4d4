/** Which runs of a job can go on where they were cut off, and why the others cannot. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Queries } from '../../db/database.ts';
import { findRunDirectories } from '../../db/queries/kept-directories.ts';
import { findLeftRun, findLeftRuns, findResuming, type LeftRun } from '../../db/queries/resumable-runs.ts';
import { conflict, invalidFields } from '../../problems.ts';
import { CUT_OFF } from './lost-runs.ts';

/** So many refusals are told one by one. */
const MOST_TOLD = 10;

/** The runs of a job that can go on, or begin for the first time; refuses when there are none, and says why. */
export async function findResumable(queries: Queries, jobId: string): Promise<number[]> {
  const ended = await findLeftRuns(queries, jobId);
  const numbers = ended.filter((run) => problemOf(run) === null).map(({ number }) => number);
  if (numbers.length > 0) {
    return numbers;
  }
  const resuming = await findResuming(queries, jobId);
  if (resuming.length > 0) {
    const runs = resuming.length === 1 ? `Run ${resuming[0]} is` : `${resuming.length} runs are`;
    throw conflict(`${runs} being resumed already, and no other run of the job can be.`, {
      code: 'nothing_to_resume',
      hint: 'Wait for the end (quarry jobs watch, GET jobs/{id}/runs/), or stop the job first.',
    });
  }
  const cutOff = ended.filter((run) => run.is_unfinished === 1 || run.directory !== null);
  const why =
    cutOff.length === 0
      ? 'none has been cut off by the end of its agent'
      : cutOff
          .slice(0, MOST_TOLD)
          .map((run) => problemOf(run))
          .join(' ');
  throw conflict(`No run of the job can be resumed: ${why.replace(/\.$/, '')}.`, {
    code: 'nothing_to_resume',
    hint: 'Execute runs again from their beginning instead (POST jobs/{id}/runs/rerun/ without "resume", quarry runs rerun).',
  });
}

/** Refuses runs that were named and cannot be resumed, each with its reason. */
export async function refuseUnresumable(
  queries: Queries,
  jobId: string,
  numbers: readonly number[],
): Promise<void> {
  const problems: string[] = [];
  for (const number of numbers) {
    const run = await findLeftRun(queries, jobId, number);
    const problem = problemOf(run);
    if (problem !== null) {
      problems.push(problem);
    }
    if (problems.length === MOST_TOLD) {
      break;
    }
  }
  if (problems.length === 0) {
    return;
  }
  throw invalidFields({
    runs: [
      ...problems,
      'Execute these again from their beginning: the same without "resume" (quarry runs rerun).',
    ],
  });
}

/** Those of the runs that go on in a directory; the others have not begun. */
export async function findKept(
  queries: Queries,
  jobId: string,
  numbers: readonly number[],
): Promise<Set<number>> {
  const kept = await findRunDirectories(queries, jobId);
  const given = new Set(numbers);
  return new Set([...kept.keys()].filter((number) => given.has(number)));
}

function problemOf(run: LeftRun): string | null {
  const { number, outcome, failure, is_unfinished, directory } = run;
  if (directory === null) {
    if (hasNotBegun(run)) {
      return null;
    }
    return is_unfinished === 1
      ? `The directory of run ${number} is not kept any more.`
      : `Run ${number} was not cut off by the end of its agent: it ended with ${codeOf(outcome, failure)}.`;
  }
  return existsSync(join(directory, 'home'))
    ? null
    : `The directory of run ${number} is gone: it was at ${directory}.`;
}

/** An agent that died before it had begun anything takes with it what it should have executed. */
function hasNotBegun({ outcome, failure, date_started, is_resumed }: LeftRun): boolean {
  return date_started === null && is_resumed === 0 && CUT_OFF.includes(codeOf(outcome, failure));
}

function codeOf(outcome: string | null, failure: string | null): string {
  return failure === null ? String(outcome) : (JSON.parse(failure) as { code: string }).code;
}
