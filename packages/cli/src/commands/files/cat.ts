import { aboutFile } from '../../about-file.ts';
import { argument, defineCommand } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { writeStream } from '../../output/write-stream.ts';

export default defineCommand({
  details:
    'Writes the bytes as they are, as they arrive; to a terminal without what it would act upon, but for colours. Use ' +
    '`quarry files download` for verified copies on disk.',
  arguments: { file: argument('<file>', 'id of the file') },
  examples: [
    { command: 'quarry files cat abcDEF', says: 'A text file on the terminal' },
    { command: 'quarry files cat abcDEF | gunzip > mesh.inp', says: 'Into another program' },
  ],
  async run({ file }, { sdk, io, signal }) {
    if (io.json) {
      throw usageError(
        'files cat writes the bytes of the file, not JSON.',
        'Use `quarry files show --json`.',
      );
    }
    const { body } = await aboutFile(file, sdk.files.download(file, { signal }));
    if (body) {
      await writeStream(body, io, signal);
    }
  },
});
