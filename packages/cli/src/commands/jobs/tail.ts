import { argument, defineCommand, flag, integer } from '../../command.ts';
import { DEFAULT_TAIL_LINES, followTail, presentTail, readTail } from '../../follow/tail-file.ts';

export default defineCommand({
  details:
    'Prints the end of any file of a job: from the work directory while the run executes, from the outputs afterwards. ' +
    '--follow goes on until the run has ended. The same as runs tail, for a job with one run.',
  arguments: {
    job: argument('<job>', 'id of the job'),
    path: argument('<path>', 'path of the file in the work directory'),
  },
  options: {
    follow: flag('-f, --follow', 'go on while the run executes'),
    lines: integer('-n, --lines <n>', `how many lines (${DEFAULT_TAIL_LINES} unless told otherwise)`),
    run: integer('--run <n>', 'which run of the job; 1 unless told otherwise'),
  },
  examples: [
    { command: 'quarry jobs tail abcDEF log.simpleFoam -n 40', says: 'How far the solver is' },
    { command: 'quarry jobs tail -f abcDEF residuals.csv', says: 'The last lines, and those to come' },
  ],
  async run({ job, path, follow, lines = DEFAULT_TAIL_LINES, run = 1 }, context) {
    const file = { job, run: String(run), path, lines };
    return follow ? void (await followTail(file, context)) : readTail(file, context);
  },
  present(tail, io) {
    if (tail) {
      presentTail(tail, io);
    }
  },
});
