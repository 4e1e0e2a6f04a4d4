import type { Snapshot } from '@quarry/sdk';
import { argument, defineCommand, optionalArgument } from '../../command.ts';
import { listOptions, noteRest, pageSizeFor, readLimited } from '../../listing.ts';
import { formatAge, formatBytes } from '../../output/human.ts';
import { printTable } from '../../output/table.ts';

const FIRST_RUN = '1';

export default defineCommand({
  details: 'Newest first, those that are being taken and those that have failed among them.',
  arguments: {
    job: argument('<job>', 'id of the job'),
    run: optionalArgument('[run]', 'number of the run; 1 when absent'),
  },
  options: listOptions,
  examples: [{ command: 'quarry runs snapshots abcDEF', says: 'Those of a job with one run' }],
  run({ job, run = FIRST_RUN, ...limits }, { sdk, signal }) {
    const query = { page_size: pageSizeFor(limits) };
    return readLimited(sdk.jobs.snapshots(job, run, query, { signal }), limits);
  },
  present({ items, total }, io, { job, run = FIRST_RUN }, clock) {
    if (items.length === 0) {
      io.print(`There is no snapshot of run ${run} of job ${job}.`);
      return;
    }
    printTable(io, items, [
      { header: 'File', value: ({ fileId }) => fileId, style: () => 'bold' },
      { header: 'Kind', value: ({ kind }) => kind },
      { header: 'Taken', value: ({ dateRequested }) => formatAge(dateRequested, clock.now()) },
      { header: 'State', value: ({ status }) => status },
      { header: 'Files', value: ({ fileCount }) => fileCount, align: 'right' },
      {
        header: 'Size',
        value: ({ sizeBytes }) => (sizeBytes === null ? '' : formatBytes(sizeBytes)),
        align: 'right',
      },
      { header: 'Notes', value: notesOf, flexible: true },
    ]);
    noteRest(items.length, total, io);
  },
});

function notesOf({ reason, changedCount, skippedCount }: Snapshot): string {
  const notes = [
    ...(reason === null ? [] : [reason]),
    ...(changedCount === 0 ? [] : [`${changedCount} changed meanwhile`]),
    ...(skippedCount === 0 ? [] : [`${skippedCount} not taken`]),
  ];
  return notes.join(', ');
}
