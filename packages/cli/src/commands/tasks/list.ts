import { choice, defineCommand } from '../../command.ts';
import { listOptions, noteRest, pageSizeFor, readLimited } from '../../listing.ts';
import { formatAge } from '../../output/human.ts';
import { printTable } from '../../output/table.ts';
import { describeProgress } from '../../tasks/show-task.ts';

export default defineCommand({
  details: 'Those that you began, and those about jobs and storage devices that you may see, newest first.',
  options: {
    status: choice('--status <status>', 'only those that are so far', [
      'waiting',
      'running',
      'done',
      'failed',
      'cancelled',
    ]),
    ...listOptions,
  },
  examples: [{ command: 'quarry tasks list --status running', says: 'What is being worked on' }],
  async run({ status, ...limits }, { sdk, signal }) {
    const query = { page_size: pageSizeFor(limits), ...(status !== undefined && { status }) };
    return readLimited(sdk.tasks.list(query, { signal }), limits);
  },
  present({ items, total }, io, _options, clock) {
    if (items.length === 0) {
      io.print('There are no such tasks.');
      return;
    }
    printTable(io, items, [
      { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
      { header: 'Kind', value: ({ kind }) => kind },
      { header: 'About', value: ({ subject }) => `${subject.type} ${subject.id}`, flexible: true },
      { header: 'Status', value: ({ status }) => status },
      { header: 'Progress', value: describeProgress },
      { header: 'Begun', value: ({ dateInserted }) => formatAge(dateInserted, clock.now()) },
    ]);
    noteRest(items.length, total, io);
  },
});
