import { argumentsList, defineCommand } from '../../command.ts';
import {
  archiveOptions,
  placeOf,
  printArchive,
  type SavedArchive,
  saveArchive,
} from '../../transfers/archive.ts';

export default defineCommand({
  details:
    'Each file under its name, in the folder files; where two have the same name, the second gets .2. The platform writes ' +
    'the archive while it is sent: what is cut off begins anew, and no digest is compared. `quarry files download` does both.',
  arguments: { files: argumentsList('<file...>', 'ids of files') },
  options: archiveOptions,
  examples: [{ command: 'quarry files archive abcDEF ghiJKL --output inputs.zip', says: 'Two files in one' }],
  async run({ files, ...wish }, { sdk, io, signal }): Promise<SavedArchive> {
    const place = await placeOf(wish, 'files', io);
    const response = await sdk.files.archive(files, { format: place.format, signal });
    return saveArchive(place, response, io, signal);
  },
  present: (saved, io) => printArchive(saved, io),
});
