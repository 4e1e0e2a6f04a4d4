import type { FileObject } from '@quarry/sdk';
import { defineCommand, integer, text } from '../../command.ts';
import { listOptions, noteRest, pageSizeFor, readLimited } from '../../listing.ts';
import { formatAge, formatBytes } from '../../output/human.ts';
import { printTable } from '../../output/table.ts';

export default defineCommand({
  options: {
    search: text('--search <text>', 'only names that contain this'),
    type: integer('--type <id>', 'only this kind: 1 input, 4 script, 5 output'),
    job: text('--job <job>', 'only the outputs of this job'),
    ...listOptions,
  },
  examples: [
    { command: 'quarry files list --search mesh', says: 'Your newest files whose name contains mesh' },
    { command: 'quarry files list --job abcDEF --all', says: 'Everything a job has put out' },
  ],
  async run({ search, type, job, ...limits }, { sdk, signal }) {
    const query = { page_size: pageSizeFor(limits), ...(search !== undefined && { search }) };
    const listing =
      job === undefined
        ? sdk.files.list({ ...query, ...(type !== undefined && { type }) }, { signal })
        : sdk.jobs.files(job, query, { signal });
    return readLimited(listing, limits);
  },
  present({ items, total }, io, { job }, clock) {
    printTable(io, items, [
      { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
      {
        header: 'Name',
        value: ({ name, relativePath }) => (job === undefined ? name : relativePath || name),
        flexible: true,
      },
      { header: 'Size', value: ({ decryptedSize }) => formatBytes(decryptedSize), align: 'right' },
      ...(items.some(({ isUnfinished }) => isUnfinished)
        ? [
            {
              header: 'State',
              value: ({ isUnfinished }: FileObject) => (isUnfinished ? 'unfinished' : ''),
              style: () => 'yellow' as const,
            },
          ]
        : []),
      { header: 'Uploaded', value: ({ dateUploaded }) => formatAge(dateUploaded, clock.now()) },
    ]);
    noteRest(items.length, total, io);
  },
});
