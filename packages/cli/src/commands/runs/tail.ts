import { argument, defineCommand, integer } from '../../command.ts';
import { splitLines } from '../../follow/line-ends.ts';
import { findStoredFile, isGone, readEndOfStoredFile, TAIL_BYTES } from '../../follow/log.ts';
import { formatBytes } from '../../output/human.ts';

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
  async run({ job, run, path, lines = DEFAULT_LINES }, { sdk, io, signal }) {
    const of = { sdk, jobId: job, runId: run, signal };
    try {
      return { job, run, path, lines: await sdk.jobs.tail(job, run, path, { lines, signal }) };
    } catch (error) {
      if (!isGone(error)) {
        throw error;
      }
      // Not executing, or not there: the stored file decides, and without one the platform's own words.
      const file = await findStoredFile(of, path);
      if (!file) {
        throw error;
      }
      const { bytes, isCut } = await readEndOfStoredFile(of, file, lines);
      if (isCut) {
        io.warn(
          `The last ${lines} lines are longer than ${formatBytes(TAIL_BYTES)}: what is shown begins in the middle.`,
        );
      }
      return { job, run, path, lines: splitLines(new TextDecoder().decode(bytes)) };
    }
  },
  present({ lines }, io) {
    io.writeBytes(Buffer.from(lines.map((line) => `${line}\n`).join('')));
  },
});
