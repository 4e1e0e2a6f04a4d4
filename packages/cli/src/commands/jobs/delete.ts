import { argumentsList, defineCommand, flag } from '../../command.ts';
import { exitCodeOfRefused, printRefused } from '../../refused-items.ts';

export default defineCommand({
  details:
    'Jobs that run are refused: stop them first. Outputs go with their job. Of several jobs each is deleted by itself: what is ' +
    'refused for one of them is said, makes the exit code, and is done to the others all the same.',
  arguments: { jobs: argumentsList('<job...>', 'ids of jobs') },
  options: { inputs: flag('--inputs', 'their input files, too, unless other jobs use them') },
  examples: [
    { command: 'quarry jobs delete abcDEF', says: 'A job and its outputs' },
    { command: 'quarry jobs delete abcDEF ghiJKL --inputs', says: 'Two jobs with everything' },
  ],
  async run({ jobs, inputs }, { sdk, signal }) {
    if (jobs.length === 1) {
      await sdk.jobs.delete(jobs[0]!, { signal, deleteInputFiles: inputs });
      return { deleted: jobs, tasks: [], unchanged: [], refused: [] };
    }
    return sdk.jobs.deleteMany(jobs, { signal, deleteInputFiles: inputs });
  },
  present({ deleted, unchanged, refused }, io) {
    for (const job of deleted) {
      io.print(`Job ${job} is deleted.`);
    }
    for (const job of unchanged) {
      io.print(`Job ${job} was deleted before.`);
    }
    printRefused(refused, 'Job', io);
  },
  exitCode: exitCodeOfRefused,
});
