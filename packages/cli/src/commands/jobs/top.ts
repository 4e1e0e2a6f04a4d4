import type { Quarry, RunUsageNow } from '@quarry/sdk';
import { argument, defineCommand, flag } from '../../command.ts';
import { Patience } from '../../follow/patience.ts';
import { type Limited, listOptions, noteRest, pageSizeFor, readLimited } from '../../listing.ts';
import { formatBytes, formatDuration } from '../../output/human.ts';
import { type Column, printTable, renderTable } from '../../output/table.ts';

const REFRESH_MS = 2000;

interface Top extends Limited<RunUsageNow> {
  /** Whether none of them is under way any more. */
  isOver: boolean;
}

export default defineCommand({
  details:
    'What each run that is under way uses: processors, memory and space on the disk, as it was when the platform looked ' +
    'last, every 10 seconds unless the site has it otherwise. On a terminal the table is redrawn until the job has ended; ' +
    'elsewhere, and with --once, it comes once. Of a job that has ended it tells how its runs were when they were looked at last; ' +
    'runs that ended sooner are not in it. An extension of Quarry servers.',
  arguments: { job: argument('<job>', 'id of the job') },
  options: {
    once: flag('--once', 'do not redraw'),
    ended: flag('--ended', 'also runs that have ended'),
    ...listOptions,
  },
  examples: [
    { command: 'quarry jobs top abcDEF', says: 'Until it has ended' },
    { command: 'quarry jobs top abcDEF --json', says: 'For a program, once' },
  ],
  async run({ job, once, ended, ...limits }, { sdk, io, clock, signal }): Promise<Limited<RunUsageNow>> {
    const look = () => lookAt(job, { sdk, signal, ended, limits });
    if (once || io.json || io.quiet || io.width === undefined || !io.stderr.isTTY) {
      return shown(await look());
    }
    const patience = new Patience(clock, signal);
    let top = await look();
    while (!top.isOver) {
      io.showLive([...renderTable(io, top.items, COLUMNS), ...restOf(top)]);
      await clock.sleep(REFRESH_MS, signal);
      try {
        top = await look();
        patience.answered({ news: false });
      } catch (error) {
        patience.bear(error);
      }
    }
    io.showLive([]);
    return shown(top);
  },
  present({ items, total }, io) {
    if (items.length === 0) {
      io.print(
        'No run has been looked at yet. Runs that end within seconds are not: quarry runs list tells what they did.',
      );
      return;
    }
    printTable(io, items, COLUMNS);
    noteRest(items.length, total, io);
  },
});

async function lookAt(
  jobId: string,
  {
    sdk,
    signal,
    ended,
    limits,
  }: {
    sdk: Quarry;
    signal: AbortSignal;
    ended: boolean;
    limits: { limit: number | undefined; all: boolean };
  },
): Promise<Top> {
  const job = await sdk.jobs.get(jobId, { signal });
  const isOver = job.status === 'Completed';
  const query = { page_size: pageSizeFor(limits), ...(!ended && !isOver && { isExecuting: true }) };
  return { ...(await readLimited(sdk.jobs.usage(jobId, query, { signal }), limits)), isOver };
}

function shown({ items, total }: Top): Limited<RunUsageNow> {
  return { items, total };
}

function restOf({ items, total }: Top): string[] {
  if (items.length === 0) {
    return ['No run has been looked at yet.'];
  }
  return items.length < total ? [`${items.length} of ${total} runs; --all shows every one.`] : [];
}

const bytes = (of: (usage: RunUsageNow) => number | null) => (usage: RunUsageNow) => {
  const value = of(usage);
  return value === null ? null : formatBytes(value);
};

const COLUMNS: readonly Column<RunUsageNow>[] = [
  { header: 'Run', value: ({ runId }) => runId, align: 'right', style: () => 'bold' },
  { header: 'State', value: ({ isExecuting }) => (isExecuting ? 'executing' : 'ended') },
  { header: 'Time', value: ({ elapsedSeconds }) => formatDuration(elapsedSeconds), align: 'right' },
  {
    header: 'CPU time',
    value: ({ cpuSeconds }) => (cpuSeconds === null ? null : formatDuration(cpuSeconds)),
    align: 'right',
  },
  { header: 'Cores', value: ({ cpuCores }) => cpuCores?.toFixed(2), align: 'right' },
  { header: 'Memory', value: bytes(({ memoryBytes }) => memoryBytes), align: 'right' },
  { header: 'Peak', value: bytes(({ peakMemoryBytes }) => peakMemoryBytes), align: 'right' },
  { header: 'Disk', value: bytes(({ diskBytes }) => diskBytes), align: 'right' },
];
