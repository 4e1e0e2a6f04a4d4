import { hasEnded, type Job, type JobResult, type JobStatus, type Quarry } from '@quarry/sdk';
import type { Clock } from '../clock.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { printable } from '../output/printable.ts';
import { StatusLine } from '../output/status-line.ts';
import { FirstFailure } from './first-failure.ts';
import { Patience } from './patience.ts';
import { RunProgress } from './run-progress.ts';
import { StatusFeed } from './status-feed.ts';
import { describeWaiting } from './waiting.ts';

export interface FollowContext {
  sdk: Quarry;
  io: Io;
  clock: Clock;
  signal: AbortSignal;
}

/** Called after each look, to show more beside the statuses: `keep` writes a line that stays. */
export type OnLook = (keep: (line: string) => void, hasEnded: boolean) => Promise<void>;

/** Shows every change of a job on stderr until it has ended, and how it ended. Short outages are sat out. */
export async function followJob(jobId: string, context: FollowContext, onLook?: OnLook): Promise<JobResult> {
  const { sdk, io, clock, signal } = context;
  const line = new StatusLine(io, clock);
  const patience = new Patience(clock, signal);
  using feed = new StatusFeed(sdk, jobId, signal);
  const told = new Set<string>();
  const progress = new RunProgress(clock);
  const firstFailure = new FirstFailure(context);
  let saidWaiting: string | undefined;
  try {
    for (;;) {
      try {
        const { statuses, job } = await lookAt(jobId, feed, context);
        const news = statuses.filter(({ id, status }) => !told.has(id ?? status));
        patience.answered({ news: news.length > 0 });
        for (const status of news) {
          told.add(status.id ?? status.status);
          line.keep(renderStatus(status, io));
        }
        const failure = job && (await firstFailure.next(job));
        if (failure !== undefined) {
          line.keep(printable(failure));
        }
        const ended = hasEnded(statuses);
        await onLook?.((text) => line.keep(text), ended);
        if (ended) {
          return await sdk.jobs.wait(jobId, { signal });
        }
        const status = statuses.at(-1)!.status;
        const waiting = job?.waiting ? describeWaiting(job.waiting) : undefined;
        const runs = job && progress.next(job);
        if (waiting) {
          line.show(waiting, waiting !== saidWaiting);
        } else if (runs) {
          line.show(runs.text, runs.isNews, status);
        } else {
          line.show(`${status} …`, false);
        }
        saidWaiting = waiting;
      } catch (error) {
        patience.bear(error);
        line.show('The platform does not answer; the job goes on. Trying again', true);
      }
      await feed.rest(patience);
    }
  } finally {
    line.end();
  }
}

/**
 * Follows a job that does not need its follower: interrupting ends the following only, and that is said, with what
 * else can be done.
 */
export async function watchJob(
  jobId: string,
  context: FollowContext,
  further: readonly string[] = [],
): Promise<JobResult> {
  try {
    return await followJob(jobId, context);
  } finally {
    if (context.signal.aborted) {
      context.io.advise(`The job goes on. Follow it again with: quarry jobs watch ${jobId}`);
      for (const line of further) {
        context.io.advise(line);
      }
    }
  }
}

/** The status history, oldest first, and until its end the job: it says why it waits, and how far it has come. */
async function lookAt(
  jobId: string,
  feed: StatusFeed,
  { sdk, signal }: FollowContext,
): Promise<{ statuses: JobStatus[]; job?: Job }> {
  const statuses = (await feed.latest()).toReversed();
  if (statuses.length === 0) {
    throw notSubmitted(jobId);
  }
  return hasEnded(statuses) ? { statuses } : { statuses, job: await sdk.jobs.get(jobId, { signal }) };
}

export function notSubmitted(jobId: string): CliError {
  return new CliError(`Job ${jobId} is saved, but it was not submitted.`, {
    code: 'not_submitted',
    hint: `Submit it: quarry jobs submit --saved ${jobId}`,
    exitCode: EXIT.refused,
  });
}

/** A status as a line of a history. */
export function renderStatus({ status, statusDate, statusReason }: JobStatus, io: Io): string {
  const time = io.styleError('dim', formatTime(statusDate));
  const reason = statusReason ? io.styleError('dim', `  ${printable(statusReason)}`) : '';
  return `${time}  ${printable(status)}${reason}`;
}

/** The local time of day of an API date. */
function formatTime(date: string): string {
  const at = new Date(date);
  return Number.isNaN(at.getTime()) ? date : at.toTimeString().slice(0, 8);
}
