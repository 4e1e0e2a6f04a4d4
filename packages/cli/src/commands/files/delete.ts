import { aboutFile } from '../../about-file.ts';
import { argumentsList, defineCommand } from '../../command.ts';

export default defineCommand({
  arguments: { files: argumentsList('<file...>', 'ids of files') },
  examples: [{ command: 'quarry files delete abcDEF ghiJKL', says: 'Delete two files' }],
  async run({ files }, { sdk, signal }) {
    for (const file of files) {
      await aboutFile(file, sdk.files.delete(file, { signal }));
    }
    return { deleted: files };
  },
  present({ deleted }, io) {
    for (const file of deleted) {
      io.print(`File ${file} is deleted.`);
    }
  },
});
