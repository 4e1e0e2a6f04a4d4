import { aboutFile } from '../../about-file.ts';
import { argumentsList, defineCommand } from '../../command.ts';
import { exitCodeOfRefused, printRefused } from '../../refused-items.ts';

export default defineCommand({
  details:
    'Inputs of jobs under way are refused. Of several files each is deleted by itself: what is refused for one of them is said, ' +
    'makes the exit code, and is done to the others all the same.',
  arguments: { files: argumentsList('<file...>', 'ids of files') },
  examples: [{ command: 'quarry files delete abcDEF ghiJKL', says: 'Delete two files' }],
  async run({ files }, { sdk, signal }) {
    const [file, ...others] = files;
    if (others.length > 0) {
      return sdk.files.deleteMany(files, { signal });
    }
    await aboutFile(file!, sdk.files.delete(file!, { signal }));
    return { deleted: files, unchanged: [], refused: [] };
  },
  present({ deleted, unchanged, refused }, io) {
    for (const file of deleted) {
      io.print(`File ${file} is deleted.`);
    }
    for (const file of unchanged) {
      io.print(`File ${file} was deleted before.`);
    }
    printRefused(refused, 'File', io);
  },
  exitCode: exitCodeOfRefused,
});
