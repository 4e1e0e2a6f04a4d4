import { argument, defineCommand, flag, text } from '../../command.ts';
import { listOptions, noteRest, pageSizeFor, readLimited } from '../../listing.ts';
import { formatBytes } from '../../output/human.ts';
import { printTable } from '../../output/table.ts';

interface RunFile {
  /** Null for files that are still in a work directory. */
  id: string | null;
  path: string;
  sizeBytes: number | null;
  /** When its content changed last; null where the platform does not tell. */
  dateModified: string | null;
  /** Left by a run that was cut off. */
  isUnfinished?: boolean;
}

export default defineCommand({
  details:
    'The output files of a run that has ended; with --live the files in the work directory of one that executes, or ' +
    'that was cut off by the end of its agent while its directory is kept, and when each was changed last (UTC). ' +
    'With --json: {"items":[{"id","path","sizeBytes","dateModified"}],"total":N}, isUnfinished with those of a run that was cut off.',
  arguments: { job: argument('<job>', 'id of the job'), run: argument('<run>', 'number of the run') },
  options: {
    live: flag(
      '--live',
      'what lies in the work directory now; while the run executes, or its directory is kept',
    ),
    search: text('--search <text>', 'only paths that contain this'),
    ...listOptions,
  },
  examples: [
    { command: 'quarry runs files abcDEF 17', says: 'What the run has put out' },
    { command: 'quarry runs files abcDEF 17 --live', says: 'What it has written so far' },
  ],
  async run({ job, run, live, search, ...limits }, { sdk, signal }) {
    if (live) {
      const entries = await sdk.jobs.runDirectory(job, run, { signal });
      const found = entries.filter(({ path }) => path.includes(search ?? ''));
      const items = found.map(
        ({ path, sizeBytes = null, dateModified = null }): RunFile => ({
          id: null,
          path,
          sizeBytes,
          dateModified,
        }),
      );
      return { items, total: items.length };
    }
    const query = { page_size: pageSizeFor(limits), ...(search !== undefined && { search }) };
    const { items, total } = await readLimited(sdk.jobs.runFiles(job, run, query, { signal }), limits);
    const files = items.map(
      ({ id, relativePath, name, decryptedSize, dateModified = null, isUnfinished }): RunFile => ({
        id,
        path: inWorkDirectory(relativePath || name, run),
        sizeBytes: decryptedSize,
        dateModified,
        ...(isUnfinished && { isUnfinished }),
      }),
    );
    return { items: files, total };
  },
  present({ items, total }, io, { live }) {
    if (items.length === 0) {
      io.print(
        live
          ? 'The work directory is empty.'
          : 'There are no output files; --live shows those of a run that executes.',
      );
      return;
    }
    printTable(io, items, [
      ...(live ? [] : [{ header: 'Id', value: ({ id }: RunFile) => id, style: () => 'bold' as const }]),
      { header: 'Path', value: ({ path }) => path, flexible: true },
      ...(items.every(({ sizeBytes }) => sizeBytes === null)
        ? []
        : [
            {
              header: 'Size',
              value: ({ sizeBytes }: RunFile) => formatBytes(sizeBytes ?? 0),
              align: 'right' as const,
            },
          ]),
      ...(live && items.some(({ dateModified }) => dateModified !== null)
        ? [
            {
              header: 'Changed',
              value: ({ dateModified }: RunFile) => (dateModified ?? '').slice(0, 19).replace('T', ' '),
            },
          ]
        : []),
    ]);
    if (items.some(({ isUnfinished }) => isUnfinished)) {
      io.note(UNFINISHED);
    }
    noteRest(items.length, total, io);
  },
});

const UNFINISHED = 'The run was cut off by the end of its agent: this is what it had left until then.';

/** Outputs of a sweep are listed under a folder for each run, which is not there while it executes. */
function inWorkDirectory(path: string, run: string): string {
  const folder = `run${run}/`;
  return path.startsWith(folder) ? path.slice(folder.length) : path;
}
