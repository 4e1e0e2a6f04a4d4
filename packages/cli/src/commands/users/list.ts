import { defineCommand } from '../../command.ts';
import { listOptions, noteRest, pageSizeFor, readLimited } from '../../listing.ts';
import { formatAge } from '../../output/human.ts';
import { printTable } from '../../output/table.ts';

export default defineCommand({
  details: 'For administrators, and on Quarry servers only.',
  options: listOptions,
  examples: [{ command: 'quarry users list', says: 'Everybody who may use this platform' }],
  async run(options, { sdk, signal }) {
    const listing = sdk.admin.listUsers({ page_size: pageSizeFor(options) }, { signal });
    return readLimited(listing, options);
  },
  present({ items, total }, io, _options, clock) {
    printTable(io, items, [
      { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
      { header: 'E-mail', value: ({ email }) => email, flexible: true },
      { header: 'Name', value: ({ fullName }) => fullName, flexible: true },
      { header: 'Role', value: ({ role }) => role },
      { header: 'Active', value: ({ isActive }) => (isActive ? 'yes' : 'no') },
      { header: 'Joined', value: ({ dateJoined }) => formatAge(dateJoined, clock.now()) },
    ]);
    noteRest(items.length, total, io);
  },
});
