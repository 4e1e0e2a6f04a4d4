import type { Failure, Job, JobOutcome, JobResult, JobStatus } from '@quarry/sdk';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io, Style } from '../io.ts';
import { formatDuration } from '../output/human.ts';

/** How a job ended, as `--json` prints it. */
export interface EndedJob {
  id: string;
  name: string;
  outcome: JobOutcome;
  failure: Failure | null;
  /** From the first status to the last, in seconds. */
  durationSeconds: number;
  /** How much of that it was held before the queue, as a job that starts after others is. */
  heldSeconds: number;
  /** What the platform says the job may cost; null where it says nothing. */
  cost: unknown;
  /** What was used; null where the platform does not tell time and price. */
  used: { amount: string; currency: string; formula: string } | null;
  /** Null where the platform does not count runs. */
  runs: { runs: number; ended: number; failed: number } | null;
  /** What an optimizer came to; null for a job without one. */
  optimization: Job['optimization'] | null;
  /** What the job could not keep. */
  warnings: string[];
  /** Oldest first. */
  statuses: { status: string; date: string; reason: string | null }[];
}

const HELD = 'Waiting for Queue';

const outcomes: Record<JobOutcome, { words: string; style: Style; exitCode: ExitCode }> = {
  success: { words: 'completed successfully', style: 'green', exitCode: EXIT.ok },
  failed: { words: 'failed', style: 'red', exitCode: EXIT.jobFailed },
  stopped: { words: 'was stopped', style: 'yellow', exitCode: EXIT.jobStopped },
  walltime_exceeded: { words: 'ran out of walltime', style: 'yellow', exitCode: EXIT.jobStopped },
};

/** The exit code that an outcome stands for. */
export function exitCodeOf(outcome: JobOutcome): ExitCode {
  return outcomes[outcome]?.exitCode ?? EXIT.jobFailed;
}

export function outcomeStyle(outcome: JobOutcome): Style {
  return outcomes[outcome]?.style ?? 'red';
}

/** The end of a job in the shape that `--json` prints. */
export function toEndedJob({ job, outcome, failure, statuses }: JobResult): EndedJob {
  const oldestFirst = statuses.toReversed();
  return {
    id: job.id,
    name: job.name,
    outcome,
    failure,
    durationSeconds: secondsBetween(oldestFirst[0], oldestFirst.at(-1)),
    heldSeconds: secondsHeld(oldestFirst),
    cost: job.cost ?? null,
    used: job.cost?.used ?? null,
    runs: job.progress ?? null,
    optimization: job.optimization ?? null,
    warnings: job.warnings ?? [],
    statuses: oldestFirst.map(({ status, statusDate, statusReason }) => ({
      status,
      date: statusDate,
      reason: statusReason,
    })),
  };
}

/** Says how a job ended, why, and what to do about it. */
export function printEndedJob(
  ended: EndedJob,
  io: Io,
  print: (line: string) => void = (line) => io.print(line),
): void {
  const { words, style } = outcomes[ended.outcome] ?? outcomes.failed;
  const lasted = formatDuration(ended.durationSeconds - ended.heldSeconds);
  const held =
    ended.heldSeconds > 0 ? ` It was held for ${formatDuration(ended.heldSeconds)} before that.` : '';
  print(`Job ${ended.id} ${io.style(style, words)} after ${lasted}.${held}`);
  if (ended.failure) {
    print(ended.failure.message);
    if (ended.failure.hint) {
      print(ended.failure.hint);
    }
  }
  if (ended.optimization?.message) {
    print(`Optimizer: ${ended.optimization.message}`);
  }
  if (ended.used) {
    const { formula, amount, currency } = ended.used;
    print(`Cost: ${formula} = ${amount} ${currency}.`);
  }
  if (ended.outcome === 'success') {
    return;
  }
  if (ended.runs === null || ended.runs.runs <= 1) {
    print(`Its output: quarry jobs logs ${ended.id}`);
  } else {
    print(`What failed: quarry runs list ${ended.id} --failed`);
  }
}

function secondsHeld(oldestFirst: readonly JobStatus[]): number {
  return oldestFirst
    .map((each, index) => (each.status === HELD ? secondsBetween(each, oldestFirst[index + 1]) : 0))
    .reduce((total, seconds) => total + seconds, 0);
}

function secondsBetween(first: JobStatus | undefined, last: JobStatus | undefined): number {
  if (!first || !last) {
    return 0;
  }
  return Math.max(0, (Date.parse(last.statusDate) - Date.parse(first.statusDate)) / 1000);
}
