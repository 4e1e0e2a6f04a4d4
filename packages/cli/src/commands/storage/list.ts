import { defineCommand } from '../../command.ts';
import { listOptions, noteRest, pageSizeFor, readLimited } from '../../listing.ts';
import { formatAge, formatBytes } from '../../output/human.ts';
import { printTable } from '../../output/table.ts';

export default defineCommand({
  details: 'Your own, and those of projects that you belong to.',
  options: { ...listOptions },
  examples: [{ command: 'quarry storage list', says: 'Storage devices that your jobs can have' }],
  async run(limits, { sdk, signal }) {
    return readLimited(sdk.storageDevices.list({ page_size: pageSizeFor(limits) }, { signal }), limits);
  },
  present({ items, total }, io, _options, clock) {
    printTable(io, items, [
      { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
      { header: 'Name', value: ({ name }) => name, flexible: true },
      { header: 'Status', value: ({ status }) => status },
      {
        header: 'Used',
        value: ({ usedBytes }) => (usedBytes === null ? '' : formatBytes(usedBytes)),
        align: 'right',
      },
      { header: 'Size', value: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
      { header: 'Owner', value: ({ owner }) => owner },
      { header: 'Created', value: ({ dateInserted }) => formatAge(dateInserted, clock.now()) },
    ]);
    noteRest(items.length, total, io);
  },
});
