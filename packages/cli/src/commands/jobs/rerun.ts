import { argumentsList, defineCommand, flag } from '../../command.ts';
import { count } from '../../output/human.ts';
import { exitCodeOfRefused, printRefused } from '../../refused-items.ts';

export default defineCommand({
  details:
    'All runs that ended other than in success begin anew, and outputs of the attempt before are replaced; `quarry runs rerun` ' +
    'takes single runs of one job, and can follow it. What is refused for one job is said, makes the exit code, and is done to ' +
    'the others all the same.',
  arguments: { jobs: argumentsList('<job...>', 'ids of jobs') },
  options: {
    resume: flag('--resume', 'only runs that were cut off by the end of their agent, from where they were'),
  },
  examples: [{ command: 'quarry jobs rerun abcDEF ghiJKL', says: 'What failed of two jobs' }],
  async run({ jobs, resume }, { sdk, signal }) {
    return sdk.jobs.rerunMany(jobs, { signal, ...(resume && { resume }) });
  },
  present({ rerun, unchanged, refused }, io, { resume }) {
    for (const { id, runs } of rerun) {
      io.print(`${count(runs, 'run')} of job ${id} to be ${resume ? 'resumed' : 'executed again'}.`);
    }
    for (const job of unchanged) {
      io.print(`Job ${job} has no run to be ${resume ? 'resumed' : 'executed again'}.`);
    }
    printRefused(refused, 'Job', io);
  },
  exitCode: exitCodeOfRefused,
});
