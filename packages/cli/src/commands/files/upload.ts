import { access, constants, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { uploadPath } from '@quarry/sdk/node';
import { argumentsList, defineCommand, flag } from '../../command.ts';
import { describeError, type ErrorReport, usageError } from '../../errors.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { formatBytes } from '../../output/human.ts';
import { printError } from '../../output/json.ts';
import { printTable } from '../../output/table.ts';
import { resumeOption, streamsOption } from '../../transfers/options.ts';
import { showTransfer } from '../../transfers/transfer.ts';

/** What `--json` prints for a file that is stored now. */
interface UploadedFile {
  id: string;
  name: string;
  path: string;
  sizeBytes: number;
  sha512: string | null;
}

interface Uploads {
  items: UploadedFile[];
  failed: { path: string; error: ErrorReport; exitCode: ExitCode }[];
}

export default defineCommand({
  details:
    'The SHA-512 that the platform computed is compared with the one of the bytes sent. Files keep their own name, ' +
    'without folders. All paths are looked at before the first file is sent; a file that fails later does not keep ' +
    'the others from being stored. With --json: {"items":[…],"failed":[{"path","error","exitCode"}]}.',
  arguments: { paths: argumentsList('<path...>', 'files to upload') },
  options: {
    recursive: flag('--recursive', 'upload every file below the folders given'),
    ...streamsOption,
    ...resumeOption,
    dedup: flag('--no-dedup', 'send bytes also when the platform has them already'),
  },
  examples: [
    { command: 'quarry files upload mesh.inp materials.csv', says: 'Two files' },
    { command: 'quarry files upload --recursive case/', says: 'Every file of a folder, one by one' },
    {
      command: 'id=$(quarry files upload mesh.inp --json | jq -r ".items[0].id")',
      says: 'The id for a script',
    },
  ],
  async run({ paths, recursive, streams, resume, dedup }, { sdk, io, signal }) {
    const files: string[] = [];
    for (const path of paths) files.push(...(await filesOf(path, recursive)));
    const uploads: Uploads = { items: [], failed: [] };
    for (const path of files) {
      try {
        const label = basename(resolve(path));
        const file = await showTransfer({ direction: 'up', label, events: true }, io, (transfer) =>
          uploadPath(sdk, path, {
            ...(streams !== undefined && { streams }),
            resume,
            skipKnown: dedup,
            signal,
            onEvent: transfer.take,
          }),
        );
        uploads.items.push({
          id: file.id,
          name: file.name,
          path,
          sizeBytes: file.decryptedSize,
          sha512: file.fileChecksums?.[0]?.fileHash ?? null,
        });
      } catch (error) {
        const { report, exitCode } = signal.aborted
          ? { report: { code: 'interrupted', message: 'Interrupted.' }, exitCode: EXIT.interrupted }
          : await describeError(error);
        uploads.failed.push({ path, error: report, exitCode });
        if (!io.json) printError(io, { ...report, message: `${path}: ${report.message}` });
        if (signal.aborted) break;
      }
    }
    return uploads;
  },
  present({ items, failed }, io) {
    if (items.length > 0) {
      printTable(io, items, [
        { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
        { header: 'Name', value: ({ name }) => name, flexible: true },
        { header: 'Size', value: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
      ]);
    } else if (failed.length === 0) io.print('There was nothing to upload: there are no files.');
  },
  exitCode: ({ failed }) => failed[0]?.exitCode ?? EXIT.ok,
});

/** The path itself, or the files below it, in order; refuses what cannot be read. */
async function filesOf(path: string, recursive: boolean): Promise<string[]> {
  const found = await stat(path);
  if (found.isFile()) {
    await access(path, constants.R_OK);
    return [path];
  }
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
