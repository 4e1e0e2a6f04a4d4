import type { CoreType } from '@quarry/sdk';
import { defineCommand, flag } from '../command.ts';
import { formatBytes } from '../output/human.ts';
import { printTable } from '../output/table.ts';

const MEBIBYTE = 1024 * 1024;

export default defineCommand({
  details:
    'Prices are per core and hour; the second one is for low priority. Free is how many cores a job could have now, where no ' +
    'other one waits; types of one host share what is free.',
  options: { all: flag('--all', 'also those that are not available, and why') },
  examples: [
    { command: 'quarry coretypes', says: 'What jobs can run on now' },
    { command: 'quarry coretypes --all --json', says: 'Everything, for a program' },
  ],
  async run({ all }, { sdk, signal }) {
    const types = await sdk.coreTypes.list({ page_size: 200 }, { signal }).all();
    return all ? types : types.filter((type) => isAvailable(type));
  },
  present(types: CoreType[], io, { all }) {
    printTable(io, types, [
      { header: 'Code', value: ({ code }) => code, style: (type) => (isAvailable(type) ? 'bold' : 'dim') },
      { header: 'Name', value: ({ name }) => name, flexible: true },
      { header: 'Cores', value: ({ cores }) => cores.join(' '), flexible: true },
      ...(types.some(hasGpus) ? [{ header: 'GPUs', value: gpusOf, align: 'right' as const }] : []),
      { header: 'Memory/core', value: ({ memory }) => formatBytes(memory * MEBIBYTE), align: 'right' },
      ...(types.some(({ freeCores }) => freeCores !== undefined)
        ? [{ header: 'Free', value: ({ freeCores }: CoreType) => freeCores ?? '', align: 'right' as const }]
        : []),
      { header: 'Price', value: ({ price }) => price, align: 'right' },
      { header: 'Low', value: ({ lowPriorityPrice }) => lowPriorityPrice, align: 'right' },
      ...(all ? [{ header: 'Not available', value: whyNot, flexible: true }] : []),
    ]);
  },
});

function hasGpus({ gpuCounts }: CoreType): boolean {
  return gpuCounts.some((count) => count > 0);
}

/** For each size in the order of the cores; once where it is the same for all. */
function gpusOf({ gpuCounts }: CoreType): string {
  const counts = new Set(gpuCounts).size === 1 ? gpuCounts.slice(0, 1) : gpuCounts;
  return counts.join(' ') === '0' ? '' : counts.join(' ');
}

function isAvailable({ isActive, isDeprecated }: CoreType): boolean {
  return isActive !== false && isDeprecated !== true;
}

function whyNot(type: CoreType): string {
  if (type.isDeprecated) {
    return 'deprecated';
  }
  return isAvailable(type) ? '' : (type.unavailableReason ?? 'not active');
}
