import { argument, argumentsList, defineCommand } from '../../command.ts';

export default defineCommand({
  details: 'The other runs of the job go on. A run that has ended is left as it is.',
  arguments: {
    job: argument('<job>', 'id of the job'),
    runs: argumentsList('<run...>', 'numbers of runs'),
  },
  examples: [{ command: 'quarry runs stop abcDEF 17 18', says: 'Two runs of a sweep' }],
  async run({ job, runs }, { sdk, signal }) {
    for (const run of runs) {
      await sdk.jobs.stopRun(job, run, { signal });
    }
    return { job, stopping: runs };
  },
  present({ job, stopping }, io) {
    for (const run of stopping) {
      io.print(`Run ${run} of job ${job} is asked to stop.`);
    }
  },
});
