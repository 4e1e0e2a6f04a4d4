import { basename, join, resolve } from 'node:path';
import type { FileObject, Quarry } from '@quarry/sdk';
import { type DownloadOptions, downloadFiles, downloadUrl, safePath } from '@quarry/sdk/node';
import { aboutFile } from '../../about-file.ts';
import { argumentsList, defineLocalCommand, type LocalContext, text, type ValuesOf } from '../../command.ts';
import { refuseFile, usageError } from '../../errors.ts';
import {
  downloadOutputs,
  explainExisting,
  printDownloads,
  type SavedFile,
  toSavedFile,
} from '../../follow/download-outputs.ts';
import {
  existingOf,
  existingOptions,
  howToGoOn,
  PATTERNS_HELP,
  resumeOption,
  selectionOptions,
  streamsOption,
} from '../../transfers/options.ts';
import { showTransfer, type Transfer } from '../../transfers/transfer.ts';

const parameters = { files: argumentsList('[file...]', 'ids of files, or http and https addresses') };

const options = {
  job: text('--job <job>', 'the outputs of this job'),
  search: text('--search <text>', 'with --job: only names that contain this'),
  output: text('--output <folder>', 'where to; the current folder unless told otherwise'),
  ...selectionOptions,
  ...existingOptions,
  ...streamsOption,
  ...resumeOption,
};

export default defineLocalCommand({
  details:
    'Every file is verified against the SHA-512 that the platform states before it gets its name. What was cut off is ' +
    'gone on with by the same command. Files that are there already are refused unless --force or --skip-same says ' +
    'otherwise. An address may be of any server; the key is sent to the platform only. ' +
    `${PATTERNS_HELP}`,
  arguments: parameters,
  options,
  examples: [
    { command: 'quarry files download abcDEF ghiJKL --output results', says: 'Two files into a folder' },
    { command: 'quarry files download --job abcDEF --output results', says: 'Everything a job has put out' },
    {
      command: "quarry files download --job abcDEF --output results --skip-same --include '*.vtk'",
      says: 'What is missing of one kind',
    },
    {
      command: 'quarry files download https://example.org/mesh.inp',
      says: 'What any server has at an address',
    },
  ],
  async run(given, context): Promise<(SavedFile | SavedUrl)[]> {
    const { files, job, search, output, include, exclude, streams, resume } = given;
    if ((files.length === 0) === (job === undefined)) {
      throw usageError('Name files by their ids, or a job with --job, and not both.');
    }
    const folder = output ?? '.';
    await refuseFile(folder, '--output');
    const { io, signal } = context;
    const existing = existingOf(given);
    const each = { existing, resume, signal, ...(streams !== undefined && { streams }) };
    if (job !== undefined) {
      const which = { include, exclude, ...(search !== undefined && { search }) };
      return downloadOutputs(job, folder, { ...each, ...which, events: true }, await context.connect(), io);
    }
    if (search !== undefined || include.length + exclude.length > 0) {
      throw usageError(
        '--search, --include and --exclude choose among the outputs of a job.',
        'Name it with --job.',
      );
    }
    return downloadEach(given, folder, each, context);
  },
  present(saved, io) {
    printDownloads(saved, io);
  },
});

type Given = ValuesOf<typeof parameters & typeof options>;

/** What is downloaded: a file of the platform, or what is at an address. */
type Wanted = { name: string; target: string } & ({ file: FileObject } | { url: string });

/** What `--json` prints for what came from an address. */
type SavedUrl = Omit<SavedFile, 'id'> & { id: null; url: string };

async function downloadEach(
  { files }: Given,
  folder: string,
  each: DownloadOptions,
  context: LocalContext,
): Promise<(SavedFile | SavedUrl)[]> {
  const sdk = files.every(isAddress) ? await context.connect().catch(() => null) : await context.connect();
  const wanted = await look(files, folder, sdk, context.signal);
  const sizes = wanted.map((item) => ('file' in item ? item.file.decryptedSize : null));
  const bytes = sizes.includes(null) ? {} : { bytes: sizes.reduce<number>((sum, size) => sum + size!, 0) };
  const shown = {
    direction: 'down',
    events: true,
    files: wanted.length,
    goOn: howToGoOn(each, wanted.length === 1),
    ...bytes,
    ...(wanted.length === 1 ? { label: wanted[0]!.name } : { folder }),
  } as const;
  try {
    return await showTransfer(shown, context.io, (transfer) => fetchAll(wanted, each, sdk, transfer));
  } catch (error) {
    throw explainExisting(error);
  }
}

/** Files of the platform share one budget of streams; addresses follow one by one. */
async function fetchAll(
  wanted: readonly Wanted[],
  each: DownloadOptions,
  sdk: Quarry | null,
  transfer: Transfer,
): Promise<(SavedFile | SavedUrl)[]> {
  const options = { ...each, onEvent: transfer.take };
  const items = wanted.flatMap((item) => ('file' in item ? [item] : []));
  const saved: (SavedFile | SavedUrl)[] = items.length > 0 ? await fetchFiles(sdk!, items, options) : [];
  for (const item of wanted) {
    if (!('url' in item)) {
      continue;
    }
    const headers = sdk && isOwn(item.url, sdk) ? sdk.transport.headers() : {};
    const { path, sizeBytes, sha512, verified } = await downloadUrl(item.url, item.target, {
      ...options,
      headers,
    });
    saved.push({ id: null, name: item.name, path, sizeBytes, sha512, verified, url: item.url });
  }
  return saved;
}

async function fetchFiles(
  sdk: Quarry,
  items: readonly { file: FileObject; target: string }[],
  options: DownloadOptions,
): Promise<SavedFile[]> {
  try {
    return (await downloadFiles(sdk, items, options)).map(toSavedFile);
  } catch (error) {
    const { failed } = error as { failed?: readonly { error: unknown }[] };
    // Of a single file its own words are enough.
    throw items.length === 1 && failed?.length === 1 ? failed[0]!.error : error;
  }
}

/** Where everything goes; two that would get the same name are refused, since the second would replace the first. */
async function look(
  given: readonly string[],
  folder: string,
  sdk: Quarry | null,
  signal: AbortSignal,
): Promise<Wanted[]> {
  const wanted = new Map<string, Wanted & { given: string }>();
  for (const each of new Set(given)) {
    if (!isAddress(each) && /^[a-z][a-z+.-]*:/i.test(each)) {
      throw usageError(`${each} is neither the id of a file nor an http or https address.`);
    }
    const id = isAddress(each) ? idOf(each, sdk) : each;
    const file = id === null ? null : await aboutFile(id, sdk!.files.get(id, { signal }));
    const name = fileName(file?.name ?? lastName(each));
    const target = resolve(join(folder, name));
    const other = wanted.get(target);
    if (other) {
      throw usageError(
        `${other.given} and ${each} are both called ${name}.`,
        'Download them into different folders.',
      );
    }
    wanted.set(target, { name, target, given: each, ...(file === null ? { url: each } : { file }) });
  }
  return [...wanted.values()];
}

function isAddress(given: string): boolean {
  return /^https?:\/\//i.test(given);
}

function isOwn(url: string, sdk: Quarry): boolean {
  return URL.parse(url)?.origin === new URL(sdk.baseUrl).origin;
}

/** The id in the address of a file of the platform: by it name and SHA-512 are known, too. */
function idOf(url: string, sdk: Quarry | null): string | null {
  if (sdk === null || !isOwn(url, sdk)) {
    return null;
  }
  return /\/api\/v\d+\/files\/(\w+)\/contents\/?$/.exec(new URL(url).pathname)?.[1] ?? null;
}

function lastName(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) {
    throw usageError(`${url} is no address.`);
  }
  const last = parsed.pathname.split('/').findLast((part) => part !== '') ?? parsed.hostname;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** The last part of a name, as one that stays in its folder. */
function fileName(name: string): string {
  return basename(safePath(name));
}
