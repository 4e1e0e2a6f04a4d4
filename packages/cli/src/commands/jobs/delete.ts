import { argumentsList, defineCommand, flag } from '../../command.ts';

export default defineCommand({
  details: 'Jobs that run are refused: stop them first. Outputs go with their job.',
  arguments: { jobs: argumentsList('<job...>', 'ids of jobs') },
  options: { inputs: flag('--inputs', 'their input files, too, unless other jobs use them') },
  examples: [
    { command: 'quarry jobs delete abcDEF', says: 'A job and its outputs' },
    { command: 'quarry jobs delete abcDEF ghiJKL --inputs', says: 'Two jobs with everything' },
  ],
  async run({ jobs, inputs }, { sdk, signal }) {
    for (const job of jobs) {
      await sdk.jobs.delete(job, { signal, deleteInputFiles: inputs });
    }
    return { deleted: jobs };
  },
  present({ deleted }, io) {
    for (const job of deleted) {
      io.print(`Job ${job} is deleted.`);
    }
  },
});
