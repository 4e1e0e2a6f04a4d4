import { argument, argumentsList, defineCommand, flag } from '../../command.ts';
import { exitCodeOfAgain, followAgain, printAgain } from '../../follow/execute-again.ts';

export default defineCommand({
  details:
    'Without numbers: all runs that ended other than in success. While the job executes they join its queue; after ' +
    'its end it starts once more. They begin anew, and outputs of the attempt before are replaced; see runs resume for ' +
    'runs that were cut off by the end of their agent.',
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
    const { sdk, signal } = context;
    const rerun = await sdk.jobs.rerun(job, { signal, ...(runs.length > 0 && { runs }) });
    return followAgain({ job, runs: rerun }, { wait, done: 'executed again' }, context);
  },
  present(again, io, { job }) {
    const none = `No run of job ${job} has failed: there is nothing to do again.`;
    printAgain(again, { done: 'executed again', none }, io);
  },
  exitCode: exitCodeOfAgain,
});
