import { argument, argumentsList, defineCommand, flag } from '../../command.ts';
import { exitCodeOfAgain, followAgain, printAgain } from '../../follow/execute-again.ts';

export default defineCommand({
  details:
    'A run that was cut off by the end of its agent, such as by a reboot of the host, goes on in the directory that it ' +
    'has left: the step that was under way starts again and finds its files, those before it are not repeated, and ' +
    'nothing is staged. Without numbers: all runs whose directory is kept, and those that the agent had not begun. What ' +
    'was collected of a run stays listed until it has ended.',
  arguments: {
    job: argument('<job>', 'id of the job'),
    runs: argumentsList('[run...]', 'numbers of runs that were cut off; all of them when there are none'),
  },
  options: {
    wait: flag('--wait, --watch', 'follow the job until it has ended; the exit code says how it ended'),
  },
  examples: [
    { command: 'quarry runs resume abcDEF --wait', says: 'All that was cut off, to the end' },
    { command: 'quarry runs resume abcDEF 17', says: 'One run of a sweep' },
  ],
  async run({ job, runs, wait }, context) {
    const { sdk, signal } = context;
    const resumed = await sdk.jobs.resume(job, { signal, ...(runs.length > 0 && { runs }) });
    return followAgain({ job, runs: resumed }, { wait, done: 'resumed' }, context);
  },
  present(again, io, { job }) {
    printAgain(again, { done: 'resumed', none: `No run of job ${job} can be resumed.` }, io);
  },
  exitCode: exitCodeOfAgain,
});
