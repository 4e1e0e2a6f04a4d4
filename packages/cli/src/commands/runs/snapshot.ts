import { argument, defineCommand, flag, optionalArgument } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import { count, formatBytes } from '../../output/human.ts';

const FIRST_RUN = '1';
/** Of each list that is printed. */
const MOST_NAMED = 10;

export default defineCommand({
  details:
    'The work directory of a run that executes, as it is now, becomes an archive (tar) among the files of the job, and the ' +
    'run goes on. Files that changed while they were copied are named, as is what could not be taken. While one is taken, ' +
    'asking again is asking for the same one. Without --wait the platform is waited for 20 seconds at most.',
  arguments: {
    job: argument('<job>', 'id of the job'),
    run: optionalArgument('[run]', 'number of the run; 1 when absent'),
  },
  options: {
    checkpoint: flag('--checkpoint', 'only the files that the job names as checkpoints'),
    wait: flag('--wait', 'until it is there, however long that takes'),
  },
  examples: [
    { command: 'quarry runs snapshot abcDEF --wait', says: 'What the job has come to' },
    { command: 'quarry runs snapshot abcDEF 17', says: 'One run of a sweep' },
  ],
  async run({ job, run = FIRST_RUN, checkpoint, wait }, { sdk, signal }) {
    const kind = checkpoint ? 'checkpoint' : 'snapshot';
    const snapshot = await sdk.jobs.snapshot(job, run, { kind, wait, signal });
    return { job, run, snapshot };
  },
  present({ job, run, snapshot }, io) {
    const { status, name, fileId, fileCount, sizeBytes, reason } = snapshot;
    if (status === 'failed') {
      io.print(`There is no snapshot of run ${run} of job ${job}: ${reason}`);
      return;
    }
    if (status === 'pending') {
      io.print(`A snapshot of run ${run} of job ${job} is being taken.`);
      io.note(`See when it is there: quarry runs snapshots ${job} ${run}`);
      return;
    }
    io.print(`${name} (${fileId}): ${count(fileCount ?? 0, 'file')}, ${formatBytes(sizeBytes ?? 0)}.`);
    for (const path of snapshot.changed.slice(0, MOST_NAMED)) {
      io.note(`changed while it was copied: ${path}`);
    }
    for (const { relativePath, reason: why } of snapshot.skipped.slice(0, MOST_NAMED)) {
      io.note(`not taken: ${relativePath}: ${why}`);
    }
    const named =
      Math.min(MOST_NAMED, snapshot.changed.length) + Math.min(MOST_NAMED, snapshot.skipped.length);
    const left = snapshot.changedCount + snapshot.skippedCount - named;
    if (left > 0) {
      io.note(`and ${left} more; --json lists the first hundred of each`);
    }
    io.note(`Get it with: quarry files download ${fileId}`);
  },
  exitCode: ({ snapshot }) => (snapshot.status === 'failed' ? EXIT.refused : EXIT.ok),
});
