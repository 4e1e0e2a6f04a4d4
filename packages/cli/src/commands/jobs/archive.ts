import type { Task } from '@quarry/sdk';
import { argument, defineCommand, flag, integer, text } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { exitCodeOf, presentTask, waitForTask } from '../../tasks/show-task.ts';
import {
  archiveOptions,
  placeOf,
  printArchive,
  type SavedArchive,
  saveArchive,
} from '../../transfers/archive.ts';

export default defineCommand({
  details:
    'The outputs as the job has laid them out, in the folder job_<id>; those of a sweep in run1, run2 and so on. The ' +
    'platform writes the archive while it is sent: what is cut off begins anew, and no digest is compared. ' +
    '`quarry files download --job` does both. With --stored the archive becomes a file of yours at the platform, which can be ' +
    'downloaded in parts, resumed and verified, and shared with jobs; that is a task of the platform, see `quarry tasks`.',
  arguments: { job: argument('<job>', 'id of the job') },
  options: {
    ...archiveOptions,
    run: integer('--run <number>', 'only the outputs of this run'),
    search: text('--search <text>', 'only paths that contain this'),
    stored: flag('--stored', 'as a file of yours at the platform'),
    wait: flag('--no-wait', 'with --stored: do not wait until it is there'),
  },
  examples: [
    { command: 'quarry jobs archive abcDEF', says: 'job_abcDEF.zip in this folder' },
    {
      command: 'quarry jobs archive abcDEF --format tar --output - | tar -x',
      says: 'Unpacked as it comes',
    },
    { command: 'quarry jobs archive abcDEF --stored --no-wait', says: 'Written at the platform meanwhile' },
  ],
  async run({ job, run, search, stored, wait, ...wish }, context): Promise<SavedArchive | Task> {
    const { sdk, io, signal } = context;
    if (stored) {
      if (wish.output !== undefined || wish.force) {
        throw usageError('--stored keeps the archive at the platform: leave out --output and --force.');
      }
      const format = wish.format as 'zip' | 'tar' | undefined;
      const task = await sdk.tasks.archive(job, { format, run, search, signal });
      return wait ? await waitForTask(task.id, context) : task;
    }
    if (!wait) {
      throw usageError('--no-wait needs --stored: what is saved here is waited for.');
    }
    const place = await placeOf(wish, `job_${job}`, io);
    const response = await sdk.jobs.archive(job, { format: place.format, run, search, signal });
    const saved = await saveArchive(place, response, io, signal);
    if ((await sdk.jobs.get(job, { signal })).outcome === null) {
      io.warn(
        `Job ${job} has not ended: the archive has what it had put out until then, which may be nothing.`,
      );
    }
    return saved;
  },
  present: (saved, io) => ('id' in saved ? presentTask(saved, io) : printArchive(saved, io)),
  exitCode: (saved) => ('id' in saved ? exitCodeOf(saved) : EXIT.ok),
});
