import { argument, defineCommand } from '../../command.ts';
import { watchJob } from '../../follow/follow-job.ts';
import { exitCodeOf, printEndedJob, toEndedJob } from '../../follow/outcome.ts';

export default defineCommand({
  details:
    'Shows each status as it comes, and why a job waits. Ends with the job: exit code 0 after success, 8 after a ' +
    'failure, 9 when it was stopped or ran out of walltime. Ctrl-C ends the watching only.',
  arguments: { job: argument('<job>', 'id of the job') },
  examples: [
    { command: 'quarry jobs watch abcDEF', says: 'Until it has ended' },
    { command: 'quarry jobs watch abcDEF --quiet && ./next-step.sh', says: 'Go on only after success' },
  ],
  async run({ job }, context) {
    return toEndedJob(await watchJob(job, context));
  },
  present(ended, io) {
    printEndedJob(ended, io);
  },
  exitCode: ({ outcome }) => exitCodeOf(outcome),
});
