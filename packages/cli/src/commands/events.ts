import type { LoggedEvent } from '@quarry/sdk';
import { defineCommand, text } from '../command.ts';
import { listOptions, noteRest, pageSizeFor, readLimited } from '../listing.ts';
import { printTable } from '../output/table.ts';

export default defineCommand({
  details:
    'For administrators, and on Quarry servers only: the log of what users changed and of what they were refused, the ' +
    'latest first. Times are UTC.',
  options: {
    actor: text('--actor <user>', 'only what this user did: an id or an e-mail address'),
    on: text('--on <type:id>', 'only what was done to this, such as job:QkzTpb'),
    verb: text('--verb <verb>', 'only what has this verb, such as created, deleted or refused'),
    since: text('--since <date>', 'only from this time on, such as 2026-01-31 or 2026-01-31T09:00:00Z'),
    until: text('--until <date>', 'only before this time'),
    ...listOptions,
  },
  examples: [
    { command: 'quarry events', says: 'What was done last' },
    { command: 'quarry events --on job:QkzTpb', says: 'Everything that was done to a job' },
    {
      command: 'quarry events --verb refused --since 2026-01-31',
      says: 'What somebody asked for who may not',
    },
  ],
  async run({ actor, on, verb, since, until, ...options }, { sdk, signal }) {
    const listing = sdk.admin.listEvents(
      {
        page_size: pageSizeFor(options),
        ...(actor !== undefined && { actor }),
        ...(on !== undefined && { subject: on }),
        ...(verb !== undefined && { verb }),
        ...(since !== undefined && { since }),
        ...(until !== undefined && { until }),
      },
      { signal },
    );
    return readLimited(listing, options);
  },
  present({ items, total }, io) {
    printTable(io, items, [
      { header: 'When', value: ({ date }) => date.slice(0, 19).replace('T', ' ') },
      {
        header: 'Who',
        value: ({ actor }) => (actor === null ? 'the platform' : actor.email || actor.id),
        flexible: true,
      },
      { header: 'Did', value: ({ verb }) => verb.replaceAll('_', ' '), style: () => 'bold' },
      {
        header: 'To',
        value: ({ subject }) => (subject.id === null ? subject.type : `${subject.type} ${subject.id}`),
        flexible: true,
      },
      { header: 'Detail', value: detailOf, flexible: true },
    ]);
    noteRest(items.length, total, io);
  },
});

function detailOf({ detail }: LoggedEvent): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
