import { argument, defineCommand, integer } from '../../command.ts';
import { findStoredFile, isGone, offsetOfLastLines, readStoredLog } from '../../follow/log.ts';

const DEFAULT_LINES = 10;

export default defineCommand({
  details:
    'Prints the end of a text file of a run: from the work directory while it executes, from the outputs afterwards.',
  arguments: {
    job: argument('<job>', 'id of the job'),
    run: argument('<run>', 'number of the run'),
    path: argument('<path>', 'path of the file in the work directory'),
  },
  options: { lines: integer('-n, --lines <n>', `how many lines (${DEFAULT_LINES} unless told otherwise)`) },
  examples: [
    { command: 'quarry runs tail abcDEF 17 log.simpleFoam -n 40', says: 'How far the solver is' },
    { command: 'quarry runs tail abcDEF 17 process_output.log', says: 'The end of what the run has printed' },
  ],
  async run({ job, run, path, lines = DEFAULT_LINES }, { sdk, signal }) {
    const of = { sdk, jobId: job, runId: run, signal };
    try {
      return { job, run, path, lines: await sdk.jobs.tail(job, run, path, { lines, signal }) };
    } catch (error) {
      if (!isGone(error)) throw error;
      // Not executing, or not there: the stored file decides, and without one the platform's own words.
      const file = await findStoredFile(of, path);
      if (!file) throw error;
      const pieces: Uint8Array[] = [];
      const start = await offsetOfLastLines(of, file, lines);
      for await (const piece of readStoredLog(of, file, start)) pieces.push(piece);
      const text = Buffer.concat(pieces)
        .toString('utf8')
        .replace(/\r?\n$/, '');
      return { job, run, path, lines: text === '' ? [] : text.split(/\r?\n/) };
    }
  },
  present({ lines }, io) {
    for (const line of lines) io.print(line);
  },
});
