import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { FileObject } from '@quarry/sdk';
import { uploadPaths } from '@quarry/sdk/node';
import {
  argumentsList,
  defineCommand,
  flag,
  optionalText,
  type PlatformContext,
  type ValuesOf,
} from '../../command.ts';
import type { ErrorReport } from '../../error-report.ts';
import { describeError, usageError } from '../../errors.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import { count, formatBytes } from '../../output/human.ts';
import { printError } from '../../output/json.ts';
import { printTable } from '../../output/table.ts';
import { PATTERNS_HELP, resumeOption, selectionOptions, streamsOption } from '../../transfers/options.ts';
import { showTransfer, type Transfer } from '../../transfers/transfer.ts';

/** The ids of a few are what somebody wants next; many are a summary. */
const MOST_ROWS = 10;

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
  /** What in the folders was nothing to upload, such as links that lead nowhere. */
  leftOut: string[];
  failed: { path: string; error: ErrorReport; exitCode: ExitCode }[];
}

const parameters = { paths: argumentsList('<path...>', 'files and folders to upload') };

const options = {
  recursive: flag('--recursive', 'upload every file below the folders given'),
  zip: optionalText('--zip [name]', 'pack everything into one archive and upload that'),
  ...selectionOptions,
  ...streamsOption,
  ...resumeOption,
  dedup: flag('--no-dedup', 'send bytes also when the platform has them already'),
};

export default defineCommand({
  details:
    'The SHA-512 that the platform computed is compared with the one of the bytes sent. Files keep their own name, ' +
    'without folders; an archive (--zip) keeps those. All paths are looked at before the first file is sent; a file ' +
    'that fails later does not keep the others from being stored. Where the platform can do it, large files go over ' +
    'several connections and the same command goes on where one was cut off, small files share requests, and bytes that ' +
    'the platform has already are not sent. Links that lead nowhere, sockets and names that are not UTF-8 in a folder are ' +
    `left out and told. ${PATTERNS_HELP} With --json: ` +
    '{"items":[…],"leftOut":[…],"failed":[{"path","error","exitCode"}]}.',
  arguments: parameters,
  options,
  examples: [
    { command: 'quarry files upload mesh.inp materials.csv', says: 'Two files' },
    {
      command: "quarry files upload --recursive case/ --exclude '*.bak'",
      says: 'Every file of a folder but backups',
    },
    { command: 'quarry files upload --zip case.zip case/', says: 'The folder as one archive' },
    {
      command: 'id=$(quarry files upload mesh.inp --json | jq -r ".items[0].id")',
      says: 'The id for a script',
    },
  ],
  async run(given, { sdk, io, signal }) {
    await refuseFolders(given);
    const uploads: Uploads = { items: [], leftOut: [], failed: [] };
    const shown = { direction: 'up', events: true, ...describe(given) } as const;
    await showTransfer(shown, io, (transfer) => upload(given, uploads, transfer, { sdk, io, signal }));
    return uploads;
  },
  present({ items, failed }, io) {
    if (items.length > MOST_ROWS && !io.verbose) {
      const bytes = items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      io.print(`Stored ${count(items.length, 'file')} (${formatBytes(bytes)}), verified by SHA-512.`);
      io.note('Their ids: --verbose, or --json; or `quarry files list`.');
    } else if (items.length > 0) {
      printTable(io, items, [
        { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
        { header: 'Name', value: ({ name }) => name, flexible: true },
        { header: 'Size', value: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
      ]);
    } else if (failed.length === 0) {
      io.print('There was nothing to upload: there are no files.');
    }
  },
  exitCode: ({ failed }) => failed[0]?.exitCode ?? EXIT.ok,
});

type Given = ValuesOf<typeof parameters & typeof options>;

/** Uploads all, and puts down what is stored and what failed as it comes. */
async function upload(
  { paths, zip, include, exclude, streams, resume, dedup }: Given,
  uploads: Uploads,
  transfer: Transfer,
  { sdk, io, signal }: Pick<PlatformContext, 'sdk' | 'io' | 'signal'>,
): Promise<void> {
  const begun = new Set<string>();
  const fail = (path: string, error: ErrorReport, exitCode: ExitCode) => {
    uploads.failed.push({ path, error, exitCode });
    if (!io.json) {
      io.above(() => printError(io, { ...error, message: `${path}: ${error.message}` }));
    }
  };
  const failures: Promise<void>[] = [];
  const stored = ({ path, file }: { path: string; file: FileObject }) => {
    begun.delete(path);
    uploads.items.push(toUploaded(path, file));
  };
  try {
    const all = await uploadPaths(sdk, paths, {
      ...(zip !== undefined && { zip }),
      ...(streams !== undefined && { streams }),
      include,
      exclude,
      resume,
      signal,
      skipKnown: dedup,
      onListed: ({ files, bytes }) => transfer.expect(files, bytes),
      onEvent: (event) => {
        if (event.type === 'start') {
          begun.add(event.path);
        }
        // How large an archive is turns out when it is made.
        if (event.type === 'start' && zip !== undefined) {
          transfer.expect(1, event.sizeBytes);
        }
        transfer.take(event);
      },
      onLeftOut: ({ message }) => {
        uploads.leftOut.push(message);
        io.above(() => io.warn(`${message} It was left out.`));
      },
      onFile: stored,
      onFailure: (path, error) => {
        begun.delete(path);
        failures.push(describeError(error).then(({ report, exitCode }) => fail(path, report, exitCode)));
      },
    });
    // In the order given, and not in that of their ends.
    uploads.items = all.map(({ path, file }) => toUploaded(path, file));
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
    for (const path of begun.size > 0 ? begun : paths) {
      fail(path, { code: 'interrupted', message: 'Interrupted.' }, EXIT.interrupted);
    }
  } finally {
    await Promise.all(failures);
  }
}

function toUploaded(path: string, file: FileObject): UploadedFile {
  const sha512 = file.fileChecksums?.[0]?.fileHash ?? null;
  return { id: file.id, name: file.name, path, sizeBytes: file.decryptedSize, sha512 };
}

/** What the transfer is called, and from where on files are named when there are several. */
function describe({ paths, zip, recursive }: Given): { label: string } | { folder: string } {
  const own = basename(resolve(paths[0]!));
  if (typeof zip === 'string') {
    return { label: zip };
  }
  if (zip) {
    return { label: paths.length === 1 ? `${own}.zip` : 'files.zip' };
  }
  if (paths.length > 1 || recursive) {
    return { folder: '.' };
  }
  return { label: own };
}

async function refuseFolders({ paths, recursive, zip }: Given): Promise<void> {
  if (typeof zip === 'string' && (await stat(zip).catch(() => null))?.isDirectory()) {
    throw usageError(
      `--zip takes ${zip} for the name of the archive, and ${zip} is a folder here.`,
      `To pack that folder, name it before --zip, or name the archive: --zip ${basename(resolve(zip))}.zip ${zip}`,
    );
  }
  if (recursive || zip !== undefined) {
    return;
  }
  for (const path of paths) {
    if (!(await stat(path).catch(() => null))?.isDirectory()) {
      continue;
    }
    throw usageError(
      `${path} is a folder, and the platform stores files.`,
      'Upload each file below it with --recursive, or all of it as one archive with --zip: jobs unpack archives.',
    );
  }
}
