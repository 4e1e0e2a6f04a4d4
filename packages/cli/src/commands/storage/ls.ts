import { argument, defineCommand } from '../../command.ts';
import { listOptions, noteRest, pageSizeFor, readLimited } from '../../listing.ts';
import { formatAge, formatBytes } from '../../output/human.ts';
import { printTable } from '../../output/table.ts';
import { readPlace } from './place.ts';

export default defineCommand({
  arguments: { place: argument('<place>', 'DEVICE, or DEVICE:PATH for a directory on it') },
  options: { ...listOptions },
  examples: [
    { command: 'quarry storage ls abcDEF', says: 'What lies on a device' },
    { command: 'quarry storage ls abcDEF:case/run-7 --all', says: 'Everything in a directory of it' },
  ],
  async run({ place, ...limits }, { sdk, signal }) {
    const { device, path } = readPlace(place);
    const query = { page_size: pageSizeFor(limits), ...(path !== '' && { path }) };
    return readLimited(sdk.storageDevices.entries(device, query, { signal }), limits);
  },
  present({ items, total }, io, _options, clock) {
    printTable(io, items, [
      {
        header: 'Name',
        value: ({ name, type }) => (type === 'directory' ? `${name}/` : name),
        flexible: true,
        style: () => 'bold',
      },
      { header: 'Type', value: ({ type }) => type },
      {
        header: 'Size',
        value: ({ type, sizeBytes }) => (type === 'file' ? formatBytes(sizeBytes) : ''),
        align: 'right',
      },
      { header: 'Changed', value: ({ dateModified }) => formatAge(dateModified, clock.now()) },
    ]);
    noteRest(items.length, total, io);
  },
});
