import type { JobSummary } from '@quarry/sdk';
import { choice, defineCommand, flag, text } from '../../command.ts';
import { outcomeStyle } from '../../follow/outcome.ts';
import type { Style } from '../../io.ts';
import { listOptions, noteRest, pageSizeFor, readLimited } from '../../listing.ts';
import { formatAge, formatBytes } from '../../output/human.ts';
import { printTable } from '../../output/table.ts';

export default defineCommand({
  options: {
    state: choice('--state <state>', 'only jobs that have ended, or have not', [
      'completed',
      'not_completed',
    ]),
    running: flag('--running', 'only jobs that run or wait to'),
    mine: flag('--mine', 'only your own'),
    search: text('--search <text>', 'only names that contain this'),
    tag: text('--tag <text>', 'only jobs that have this tag'),
    ...listOptions,
  },
  examples: [
    { command: 'quarry jobs list', says: 'Your newest jobs' },
    { command: 'quarry jobs list --running', says: 'What is going on' },
    { command: 'quarry jobs list --tag study:wing', says: 'What belongs to a study' },
    { command: 'quarry jobs list --all --json | jq ".items[].id"', says: 'All ids, for a program' },
  ],
  async run({ state, running, mine, search, tag, ...limits }, { sdk, signal }) {
    const listing = sdk.jobs.list(
      {
        page_size: pageSizeFor(limits),
        ordering: '-dateInserted',
        ...(state !== undefined && { state }),
        ...(running && { t: '1' }),
        ...(mine && { f: '1' }),
        ...(search !== undefined && { search }),
        ...(tag !== undefined && { tag }),
      },
      { signal },
    );
    return readLimited(listing, limits);
  },
  present({ items, total }, io, _options, clock) {
    if (items.length === 0) {
      io.print('There are no such jobs. `quarry help jobs submit` shows how to make one.');
      return;
    }
    printTable(io, items, [
      { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
      { header: 'Name', value: ({ name }) => name, flexible: true },
      { header: 'Status', value: statusOf, style: styleOf },
      { header: 'Software', value: ({ analysisNames }) => analysisNames?.join(', '), flexible: true },
      { header: 'Outputs', value: ({ storage }) => formatBytes(storage ?? 0), align: 'right' },
      { header: 'Created', value: ({ dateInserted }) => formatAge(dateInserted, clock.now()) },
    ]);
    noteRest(items.length, total, io);
  },
});

function statusOf({ jobStatus, outcome }: JobSummary): string {
  const status = jobStatus?.content || 'not submitted';
  return outcome ? `${status}: ${outcome.replaceAll('_', ' ')}` : status;
}

function styleOf({ jobStatus, outcome }: JobSummary): Style | undefined {
  if (outcome) {
    return outcomeStyle(outcome);
  }
  return jobStatus?.content === '' ? 'dim' : undefined;
}
