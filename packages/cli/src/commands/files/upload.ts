import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { argumentsList, defineCommand, flag } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { formatBytes } from '../../output/human.ts';
import { printTable } from '../../output/table.ts';
import { uploadWithProgress } from '../../submission/send.ts';

export default defineCommand({
  details:
    'The SHA-512 that the platform computed is compared with the one of the bytes sent. Files keep their own name, ' +
    'without folders.',
  arguments: { paths: argumentsList('<path...>', 'files to upload') },
  options: { recursive: flag('--recursive', 'upload every file below the folders given') },
  examples: [
    { command: 'quarry files upload mesh.inp materials.csv', says: 'Two files' },
    { command: 'quarry files upload --recursive case/', says: 'Every file of a folder, one by one' },
    { command: 'id=$(quarry files upload mesh.inp --json | jq -r ".[0].id")', says: 'The id for a script' },
  ],
  async run({ paths, recursive }, { sdk, io, signal }) {
    const files: string[] = [];
    for (const path of paths) files.push(...(await filesOf(path, recursive)));
    const uploaded = [];
    for (const path of files) {
      const file = await uploadWithProgress(path, basename(resolve(path)), sdk, io, signal);
      uploaded.push({
        id: file.id,
        name: file.name,
        path,
        sizeBytes: file.decryptedSize,
        sha512: file.fileChecksums?.[0]?.fileHash ?? null,
      });
    }
    return uploaded;
  },
  present(uploaded, io) {
    printTable(io, uploaded, [
      { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
      { header: 'Name', value: ({ name }) => name, flexible: true },
      { header: 'Size', value: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
    ]);
  },
});

/** The path itself, or the files below it, in order. */
async function filesOf(path: string, recursive: boolean): Promise<string[]> {
  const found = await stat(path);
  if (found.isFile()) return [path];
  if (!found.isDirectory()) throw usageError(`${path} is neither a file nor a folder.`);
  if (!recursive) {
    throw usageError(
      `${path} is a folder, and the platform stores files.`,
      'Upload each file below it with --recursive, or pack it into an archive: jobs unpack archives.',
    );
  }
  const files: string[] = [];
  for (const name of (await readdir(path)).toSorted()) files.push(...(await filesOf(join(path, name), true)));
  return files;
}
