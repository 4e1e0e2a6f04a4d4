import { argument, defineCommand, integer, text } from '../../command.ts';
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
    '`quarry files download --job` does both.',
  arguments: { job: argument('<job>', 'id of the job') },
  options: {
    ...archiveOptions,
    run: integer('--run <number>', 'only the outputs of this run'),
    search: text('--search <text>', 'only paths that contain this'),
  },
  examples: [
    { command: 'quarry jobs archive abcDEF', says: 'job_abcDEF.zip in this folder' },
    {
      command: 'quarry jobs archive abcDEF --format tar --output - | tar -x',
      says: 'Unpacked as it comes',
    },
  ],
  async run({ job, run, search, ...wish }, { sdk, io, signal }): Promise<SavedArchive> {
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
  present: (saved, io) => printArchive(saved, io),
});
