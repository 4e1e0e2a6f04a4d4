import { argument, argumentsList, defineCommand, flag } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import { watchJob } from '../../follow/follow-job.ts';
import { type EndedJob, exitCodeOf, printEndedJob, toEndedJob } from '../../follow/outcome.ts';
import { count } from '../../output/human.ts';

/** Numbers that are listed in words; of more only their number is said. */
const MOST_NAMED = 10;

export default defineCommand({
  details:
    'Without numbers: all runs that ended other than in success. While the job executes they join its queue; after ' +
    'its end it starts once more. Outputs of the attempt before are replaced.',
  arguments: {
    job: argument('<job>', 'id of the job'),
    runs: argumentsList('[run...]', 'numbers of runs that have ended; all that failed when there are none'),
  },
  options: {
    wait: flag('--wait, --watch', 'follow the job until it has ended; the exit code says how it ended'),
  },
  examples: [
    { command: 'quarry runs rerun abcDEF --wait', says: 'Everything that failed, to the end' },
    { command: 'quarry runs rerun abcDEF 17 18', says: 'These two, whatever became of them' },
  ],
  async run({ job, runs, wait }, context) {
    const { sdk, io, signal } = context;
    const rerun = await sdk.jobs.rerun(job, { signal, ...(runs.length > 0 && { runs }) });
    const answer: { job: string; runs: string[]; ended?: EndedJob } = { job, runs: rerun };
    if (wait && rerun.length > 0) {
      io.note(
        `${count(rerun.length, 'run')} of job ${job} ${rerun.length === 1 ? 'is' : 'are'} executed again`,
      );
      answer.ended = toEndedJob(await watchJob(job, context));
    }
    return answer;
  },
  present({ job, runs, ended }, io) {
    if (ended) printEndedJob(ended, io);
    else if (runs.length === 0) io.print(`No run of job ${job} has failed: there is nothing to do again.`);
    else {
      const named = runs.length <= MOST_NAMED ? ` (${runs.join(', ')})` : '';
      io.print(`${count(runs.length, 'run')} of job ${job} to be executed again${named}.`);
      io.note(`Follow the job with: quarry jobs watch ${job}`);
    }
  },
  exitCode: ({ ended }) => (ended ? exitCodeOf(ended.outcome) : EXIT.ok),
});
