import type { Cluster } from '@quarry/sdk';
import { choice, defineCommand } from '../../command.ts';
import { listOptions, noteRest, pageSizeFor, readLimited } from '../../listing.ts';
import { formatAge } from '../../output/human.ts';
import { printTable } from '../../output/table.ts';

export default defineCommand({
  details:
    'Those of jobs that you may see, and persistent ones, newest first. A job has a cluster of its own, and another one when it is run again, unless it runs on a persistent one.',
  options: {
    state: choice('--state <state>', 'other clusters than those that are running', [
      'running',
      'waiting',
      'ended',
      'all',
    ]),
    ...listOptions,
  },
  examples: [
    { command: 'quarry clusters list', says: 'What is running, and where' },
    { command: 'quarry clusters list --state ended --limit 5', says: 'The last that have ended' },
  ],
  async run({ state, ...limits }, { sdk, signal }) {
    const query = { page_size: pageSizeFor(limits), ...(state !== undefined && { state }) };
    return readLimited(sdk.clusters.list(query, { signal }), limits);
  },
  present({ items, total }, io, _options, clock) {
    if (items.length === 0) {
      io.print('There are no such clusters.');
      return;
    }
    printTable(io, items, [
      { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
      { header: 'Job', value: describeJobs, flexible: true },
      { header: 'Status', value: ({ status }) => status },
      { header: 'Cores', value: describeCores },
      { header: 'Host', value: ({ hostname }) => hostname, flexible: true },
      {
        header: 'Since',
        value: ({ statusDate }) => statusDate && formatAge(statusDate, clock.now()),
      },
    ]);
    noteRest(items.length, total, io);
  },
});

/** Its job, or the jobs on it, with its name. */
export function describeJobs({ jobId, jobIds, name }: Cluster): string {
  const jobs = jobId ?? (jobIds && jobIds.length > 0 ? jobIds.join(', ') : 'none');
  return `${jobs}  ${name}`;
}

/** Where the platform says what the hardware is. */
export function describeCores({ hardware, slotsGranted }: Partial<Cluster>): string | null {
  return hardware
    ? `${hardware.coresPerSlot} x ${slotsGranted ?? hardware.slots} ${hardware.coreType.code}`
    : null;
}
