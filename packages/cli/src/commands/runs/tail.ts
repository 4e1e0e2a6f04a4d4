import { argument, defineCommand, flag, integer } from '../../command.ts';
import { DEFAULT_TAIL_LINES, followTail, presentTail, readTail } from '../../follow/tail-file.ts';

export default defineCommand({
  details:
    'Prints the end of a file of a run: from the work directory while it executes, from the outputs afterwards. --follow goes ' +
    'on until the run has ended, waits for a file that is not there yet, and says when the file was truncated or ' +
    'replaced. With --json --follow writes a line for each event: ' +
    '{"event":"data","start","text"}, "base64" instead of text where the bytes are none; "waiting", "restart", and "end" with the outcome of the run.',
  arguments: {
    job: argument('<job>', 'id of the job'),
    run: argument('<run>', 'number of the run'),
    path: argument('<path>', 'path of the file in the work directory'),
  },
  options: {
    follow: flag('-f, --follow', 'go on while the run executes'),
    lines: integer('-n, --lines <n>', `how many lines (${DEFAULT_TAIL_LINES} unless told otherwise)`),
  },
  examples: [
    { command: 'quarry runs tail abcDEF 17 log.simpleFoam -n 40', says: 'How far the solver is' },
    { command: 'quarry runs tail -f abcDEF 17 residuals.csv', says: 'The last lines, and those to come' },
  ],
  async run({ job, run, path, follow, lines = DEFAULT_TAIL_LINES }, context) {
    const file = { job, run, path, lines };
    return follow ? void (await followTail(file, context)) : readTail(file, context);
  },
  present(tail, io) {
    if (tail) {
      presentTail(tail, io);
    }
  },
});
