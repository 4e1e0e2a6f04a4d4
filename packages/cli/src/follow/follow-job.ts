import type { JobStatus } from '@quarry/sdk';
import {
  ConnectionError,
  type JobResult,
  type Quarry,
  RateLimitError,
  ServerError,
  TimeoutError,
} from '@quarry/sdk';
import type { Clock } from '../clock.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { printable } from '../output/human.ts';
import { StatusLine } from '../output/status-line.ts';

/** First pause between two looks; it grows while nothing changes, to the longest one. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2000;
const PAUSE_GROWTH = 1.2;
/** A platform that is away for longer than this is given up. */
const LONGEST_OUTAGE_MS = 5 * 60_000;

/** States in which a job has not ended; any other word is an end. */
const UNDER_WAY = new Set([
  'Pending',
  'Queued',
  'Waiting for Cluster',
  'Waiting for Queue',
  'Started',
  'Validated',
  'Executing',
  'Stopping',
  'Force Stop',
]);
const BEFORE_START = new Set(['Pending', 'Queued', 'Waiting for Cluster', 'Waiting for Queue']);

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
  const told = new Set<string>();
  let answeredAt = clock.now();
  let pause = FIRST_PAUSE_MS;
  try {
    for (;;) {
      const look = await lookAt(jobId, context);
      if (look === 'away') {
        if (clock.now() - answeredAt > LONGEST_OUTAGE_MS) throw await outage(jobId, sdk, signal);
        line.show('The platform does not answer; the job goes on. Trying again', true);
      } else {
        answeredAt = clock.now();
        const news = look.statuses.filter(({ id, status }) => !told.has(id ?? status));
        for (const status of news) {
          told.add(status.id ?? status.status);
          line.keep(renderStatus(status, io));
        }
        if (news.length > 0) pause = FIRST_PAUSE_MS;
        const latest = look.statuses.at(-1)?.status ?? '';
        const hasEnded = !UNDER_WAY.has(latest);
        await onLook?.((text) => line.keep(text), hasEnded);
        if (hasEnded) return await sdk.jobs.wait(jobId, { signal });
        line.show(look.waiting ?? `${latest} …`, look.waiting !== undefined);
      }
      await clock.sleep(pause, signal);
      pause = Math.min(pause * PAUSE_GROWTH, LONGEST_PAUSE_MS);
    }
  } finally {
    line.end();
  }
}

/** Follows a job that does not need its follower: interrupting ends the following only, and that is said. */
export async function watchJob(jobId: string, context: FollowContext): Promise<JobResult> {
  try {
    return await followJob(jobId, context);
  } finally {
    if (context.signal.aborted) {
      context.io.note(`The job goes on. Follow it again with: quarry jobs watch ${jobId}`);
    }
  }
}

type Look = { statuses: JobStatus[]; waiting: string | undefined } | 'away';

/** The status history, oldest first, and why the job waits, where the platform says it. */
async function lookAt(jobId: string, { sdk, signal }: FollowContext): Promise<Look> {
  try {
    const statuses = (await sdk.jobs.statuses(jobId, { signal }).all()).toReversed();
    if (statuses.length === 0) throw notSubmitted(jobId);
    if (!BEFORE_START.has(statuses.at(-1)!.status)) return { statuses, waiting: undefined };
    const { waiting } = await sdk.jobs.get(jobId, { signal });
    if (!waiting) return { statuses, waiting: undefined };
    const position = waiting.position ? ` (place ${waiting.position} in the queue)` : '';
    return { statuses, waiting: `${waiting.message}${position}` };
  } catch (error) {
    if (isOutage(error)) return 'away';
    throw error;
  }
}

/** Whether an error is the platform being away, which may pass. */
export function isOutage(error: unknown): boolean {
  return (
    error instanceof ConnectionError ||
    error instanceof TimeoutError ||
    error instanceof ServerError ||
    error instanceof RateLimitError
  );
}

/** The error of one more look, which says why the platform does not answer. */
async function outage(jobId: string, sdk: Quarry, signal: AbortSignal): Promise<unknown> {
  return sdk.jobs.get(jobId, { signal }).then(
    () => new ConnectionError('The platform was away for too long.'),
    (error: unknown) => error,
  );
}

export function notSubmitted(jobId: string): CliError {
  return new CliError(`Job ${jobId} is saved, but it was not submitted.`, {
    code: 'not_submitted',
    hint: `Submit it: quarry jobs submit --saved ${jobId}`,
    exitCode: EXIT.refused,
  });
}

function renderStatus({ status, statusDate, statusReason }: JobStatus, io: Io): string {
  const time = io.styleError('dim', formatTime(statusDate));
  const reason = statusReason ? io.styleError('dim', `  ${printable(statusReason)}`) : '';
  return `${time}  ${printable(status)}${reason}`;
}

/** The local time of day of an API date. */
function formatTime(date: string): string {
  const at = new Date(date);
  return Number.isNaN(at.getTime()) ? date : at.toTimeString().slice(0, 8);
}
