import { argumentsList, defineCommand } from '../../command.ts';

export default defineCommand({
  details: 'The command gets SIGTERM, and what it has written so far is kept as outputs.',
  arguments: { jobs: argumentsList('<job...>', 'ids of jobs') },
  examples: [{ command: 'quarry jobs stop abcDEF', says: 'Stop one job' }],
  async run({ jobs }, { sdk, signal }) {
    for (const job of jobs) await sdk.jobs.stop(job, { signal });
    return { stopping: jobs };
  },
  present({ stopping }, io) {
    for (const job of stopping) io.print(`Job ${job} is asked to stop.`);
  },
});
