import { argumentsList, defineCommand } from '../../command.ts';

export default defineCommand({
  details:
    'The command gets SIGTERM, and what it has written so far is kept as outputs. Many jobs are stopped in one request, ' +
    'which an unknown id among them refuses as a whole; platforms without such a request are asked for one by one.',
  arguments: { jobs: argumentsList('<job...>', 'ids of jobs') },
  examples: [
    { command: 'quarry jobs stop abcDEF', says: 'Stop one job' },
    { command: 'quarry jobs stop abcDEF ghiJKL', says: 'Two jobs in one request' },
  ],
  async run({ jobs }, { sdk, signal }) {
    return sdk.jobs.stopMany(jobs, { signal });
  },
  present({ stopping, unchanged }, io) {
    for (const job of stopping) {
      io.print(`Job ${job} is asked to stop.`);
    }
    for (const job of unchanged) {
      io.print(`Job ${job} was not running.`);
    }
  },
});
