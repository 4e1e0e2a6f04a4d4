import { argument, argumentsList, defineCommand } from '../../command.ts';
import { count } from '../../output/human.ts';

export default defineCommand({
  details:
    'Gives up the directory that is kept of a run that was cut off by the end of its agent. The run cannot be resumed any ' +
    'more; what was collected of it stays. Without numbers: those of all runs of the job.',
  arguments: {
    job: argument('<job>', 'id of the job'),
    runs: argumentsList('[run...]', 'numbers of runs that were cut off; all of them when there are none'),
  },
  examples: [{ command: 'quarry runs discard abcDEF', says: 'Make room on the disk of the platform' }],
  async run({ job, runs }, { sdk, signal }) {
    const discarded = [...runs];
    if (runs.length === 0) {
      for await (const run of sdk.jobs.runs(job, {}, { signal })) {
        if (run.keptDirectory && run.dateCompleted !== null) {
          discarded.push(run.id);
        }
      }
    }
    for (const run of discarded) {
      await sdk.jobs.discardDirectory(job, run, { signal });
    }
    return { job, discarded };
  },
  present({ job, discarded }, io) {
    io.print(
      discarded.length === 0
        ? `No directory is kept of a run of job ${job}.`
        : `The ${discarded.length === 1 ? 'directory' : 'directories'} of ${count(discarded.length, 'run')} of job ${job} (${discarded.join(', ')}) ${discarded.length === 1 ? 'is' : 'are'} given up.`,
    );
  },
});
