import { aboutFile } from '../../about-file.ts';
import { argument, defineCommand } from '../../command.ts';
import { formatAge, formatBytes } from '../../output/human.ts';
import { printFields } from '../../output/table.ts';

const FILE_TYPES: Record<number, string> = {
  1: 'input',
  2: 'template',
  3: 'parameter file',
  4: 'script',
  5: 'output',
  10: 'temporary',
};

export default defineCommand({
  arguments: { file: argument('<file>', 'id of the file') },
  examples: [{ command: 'quarry files show abcDEF', says: 'Size, checksum and the rest' }],
  async run({ file }, { sdk, signal }) {
    return aboutFile(file, sdk.files.get(file, { signal }));
  },
  present(file, io, _options, clock) {
    const { decryptedSize: bytes, typeId, dateUploaded } = file;
    printFields(io, [
      ['Id', file.id],
      ['Name', file.name],
      ['Path', file.relativePath === file.name ? null : file.relativePath],
      ['Size', `${formatBytes(bytes)} (${bytes} bytes)`],
      ['Kind', FILE_TYPES[typeId] ?? `type ${typeId}`],
      ['Unfinished', file.isUnfinished ? 'yes: its run was cut off by the end of its agent' : null],
      ['Owner', file.owner],
      ['Uploaded', `${dateUploaded} (${formatAge(dateUploaded, clock.now())})`],
      ...file.fileChecksums.map(
        ({ hashFunction, fileHash }) => [hashFunction.toUpperCase(), fileHash] as const,
      ),
    ]);
  },
});
