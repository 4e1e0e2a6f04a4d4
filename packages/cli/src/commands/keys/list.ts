import { defineCommand } from '../../command.ts';
import { formatAge } from '../../output/human.ts';
import { printTable } from '../../output/table.ts';

export default defineCommand({
  details: 'On Quarry servers only. Keys themselves are shown once, when they are made.',
  examples: [{ command: 'quarry keys list', says: 'Your keys, and when each was last used' }],
  async run(_options, { sdk, signal }) {
    return sdk.admin.listKeys({ page_size: 200 }, { signal }).all();
  },
  present(keys, io, _options, clock) {
    const now = clock.now();
    printTable(io, keys, [
      { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
      { header: 'Name', value: ({ name }) => name, flexible: true },
      { header: 'Begins with', value: ({ prefix }) => prefix },
      { header: 'Made', value: ({ dateCreated }) => formatAge(dateCreated, now) },
      { header: 'Last used', value: ({ dateLastUsed }) => formatAge(dateLastUsed, now) || 'never' },
      { header: 'Expires', value: ({ dateExpires }) => dateExpires?.slice(0, 10) ?? 'never' },
    ]);
  },
});
