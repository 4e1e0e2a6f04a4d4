import type { StoppedJobs } from '@quarry/sdk';
import { argumentsList, defineCommand, flag, type PlatformContext } from '../../command.ts';
import { usageError } from '../../errors.ts';

export default defineCommand({
  details:
    'The command gets SIGTERM, and what it has written so far is kept as outputs. With --force it gets SIGKILL at once; ' +
    'with --discard nothing is kept of the runs that end then, but for their logs. Many jobs are stopped in one request, ' +
    'which an unknown id among them refuses as a whole; with these options, and on platforms without such a request, one ' +
    'by one.',
  arguments: { jobs: argumentsList('<job...>', 'ids of jobs') },
  options: {
    force: flag('--force', 'without time for the command to leave by itself'),
    discard: flag('--discard', 'at once, and without keeping what it has written'),
  },
  examples: [
    { command: 'quarry jobs stop abcDEF', says: 'Stop one job' },
    { command: 'quarry jobs stop abcDEF ghiJKL', says: 'Two jobs in one request' },
    { command: 'quarry jobs stop abcDEF --discard', says: 'End a job whose outputs nobody wants' },
  ],
  async run({ jobs, force, discard }, { sdk, signal }) {
    if (force && discard) {
      throw usageError('--discard ends the command at once by itself: leave out --force.');
    }
    const stopped = await (force || discard
      ? stopEach(jobs, { discard }, { sdk, signal })
      : sdk.jobs.stopMany(jobs, { signal }));
    return { ...stopped, reasons: await reasonsOf(stopped.unchanged, { sdk, signal }) };
  },
  present({ stopping, unchanged, reasons }, io, { discard }) {
    for (const job of stopping) {
      io.print(`Job ${job} is ${discard ? 'shut down' : 'asked to stop'}.`);
    }
    for (const job of unchanged) {
      io.print(`Job ${job} was not running: ${WORDS[reasons[job] ?? 'ended']}`);
    }
  },
});

const WORDS = { not_submitted: 'it was never submitted.', ended: 'it had ended already.' };

/** Why jobs were left as they are. */
async function reasonsOf(
  jobs: readonly string[],
  { sdk, signal }: Pick<PlatformContext, 'sdk' | 'signal'>,
): Promise<Record<string, keyof typeof WORDS>> {
  const reasons: Record<string, keyof typeof WORDS> = {};
  for (const job of jobs) {
    const { results } = await sdk.jobs.statuses(job, { signal }).page();
    reasons[job] = results.length === 0 ? 'not_submitted' : 'ended';
  }
  return reasons;
}

/** What does not run is left as it is by the platform, which does not tell. */
async function stopEach(
  jobs: readonly string[],
  { discard }: { discard: boolean },
  { sdk, signal }: Pick<PlatformContext, 'sdk' | 'signal'>,
): Promise<StoppedJobs> {
  const stopped: StoppedJobs = { stopping: [], unchanged: [] };
  for (const job of jobs) {
    const { results } = await sdk.jobs.statuses(job, { signal }).page();
    const isRunning = results.length > 0 && results[0]!.status !== 'Completed';
    if (discard) {
      await sdk.jobs.shutdown(job, { signal });
    } else {
      await sdk.jobs.stop(job, { force: true, signal });
    }
    (isRunning ? stopped.stopping : stopped.unchanged).push(job);
  }
  return stopped;
}
