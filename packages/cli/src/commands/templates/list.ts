import { defineCommand, flag, text } from '../../command.ts';
import { listOptions, noteRest, pageSizeFor, readLimited } from '../../listing.ts';
import { printTable } from '../../output/table.ts';

export default defineCommand({
  details: 'Forms that keepers have made, by which you make jobs without knowing their definitions.',
  options: {
    search: text('--search <text>', 'only names that contain this'),
    project: text('--project <id>', 'only those of this project'),
    archived: flag('--archived', 'those that make no jobs any more, of which you may change'),
    ...listOptions,
  },
  examples: [{ command: 'quarry templates list', says: 'Job templates that you may use' }],
  async run({ limit, all, archived, ...filters }, { sdk, signal }) {
    const limits = { limit, all };
    const query = { page_size: pageSizeFor(limits), ...filters, ...(archived && { archived }) };
    return readLimited(sdk.jobTemplates.list(query, { signal }), limits);
  },
  present({ items, total }, io) {
    if (items.length === 0) {
      io.print('There are no such job templates.');
      return;
    }
    printTable(io, items, [
      { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
      { header: 'Name', value: ({ name }) => name, flexible: true },
      { header: 'For', value: ({ projectName }) => projectName ?? 'everybody', flexible: true },
      { header: 'Version', value: ({ version }) => String(version), align: 'right' },
      { header: 'Author', value: ({ author }) => author, flexible: true },
    ]);
    noteRest(items.length, total, io);
  },
});
