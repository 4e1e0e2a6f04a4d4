import type { JobSummary } from '@quarry/sdk';
import { choice, defineCommand, flag, text } from '../../command.ts';
import { outcomeStyle } from '../../follow/outcome.ts';
import type { Style } from '../../io.ts';
import { listOptions, noteRest, pageSizeFor, readLimited } from '../../listing.ts';
import { formatAge, formatBytes, formatDuration, formatMoney } from '../../output/human.ts';
import { type Column, printTable } from '../../output/table.ts';

const ORDERINGS = {
  created: 'dateInserted',
  '-created': '-dateInserted',
  name: 'name',
  '-name': '-name',
  owner: 'owner',
  '-owner': '-owner',
  status: 'status',
  '-status': '-status',
  time: 'duration',
  '-time': '-duration',
  cost: 'cost',
  '-cost': '-cost',
} as const;

export default defineCommand({
  options: {
    state: choice('--state <state>', 'only jobs that have ended, or have not', [
      'completed',
      'not_completed',
    ]),
    running: flag('--running', 'only jobs that run or wait to'),
    mine: flag('--mine', 'only your own'),
    search: text('--search <text>', 'only names that contain this'),
    tag: text('--tag <text>', 'only jobs that have this tag'),
    outcome: text('--outcome <outcomes>', 'only jobs that ended like this, such as failed,walltime_exceeded'),
    owner: text('--owner <address>', 'only jobs of this user'),
    project: text('--project <id>', 'only jobs of this project'),
    software: text('--software <code>', 'only jobs with this software'),
    coreType: text('--core-type <code>', 'only jobs on this core type'),
    from: text('--from <date>', 'only jobs saved on this day or later'),
    to: text('--to <date>', 'only jobs saved on this day or before'),
    endedFrom: text('--ended-from <date>', 'only jobs that ended on this day or later'),
    sort: choice(
      '--sort <by>',
      'order of the list, descending with - (newest first unless told otherwise)',
      Object.keys(ORDERINGS) as (keyof typeof ORDERINGS)[],
    ),
    ...listOptions,
  },
  examples: [
    { command: 'quarry jobs list', says: 'Your newest jobs' },
    { command: 'quarry jobs list --running', says: 'What is going on' },
    { command: 'quarry jobs list --tag study:wing', says: 'What belongs to a study' },
    { command: 'quarry jobs list --outcome failed --from 2026-01-05', says: 'What failed since then' },
    { command: 'quarry jobs list --sort=-cost --limit 5', says: 'What cost most' },
    { command: 'quarry jobs list --all --json | jq ".items[].id"', says: 'All ids, for a program' },
  ],
  async run({ state, running, mine, sort, limit, all, ...filters }, { sdk, signal }) {
    const limits = { limit, all };
    const listing = sdk.jobs.list(
      {
        page_size: pageSizeFor(limits),
        ordering: sort === undefined ? '-dateInserted' : ORDERINGS[sort],
        ...(state !== undefined && { state }),
        ...(running && { t: '1' }),
        ...(mine && { f: '1' }),
        ...filters,
      },
      { signal },
    );
    return readLimited(listing, limits);
  },
  present({ items, total }, io, _options, clock) {
    if (items.length === 0) {
      io.print('There are no such jobs. `quarry help jobs submit` shows how to make one.');
      return;
    }
    printTable(io, items, [
      { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
      { header: 'Name', value: ({ name }) => name, flexible: true },
      { header: 'Status', value: statusOf, style: styleOf, flexible: true },
      ...(new Set(items.map(({ owner }) => owner)).size > 1 ? [OWNER] : []),
      { header: 'Software', value: ({ analysisNames }) => analysisNames?.join(', '), flexible: true },
      ...(items.some(({ progress }) => (progress?.runs ?? 0) > 1) ? [RUNS] : []),
      { header: 'Time', value: timeOf, align: 'right' },
      { header: 'Cost', value: costOf, align: 'right' },
      { header: 'Outputs', value: ({ storage }) => formatBytes(storage ?? 0), align: 'right' },
      { header: 'Created', value: ({ dateInserted }) => formatAge(dateInserted, clock.now()) },
    ]);
    noteRest(items.length, total, io);
  },
});

const OWNER: Column<JobSummary> = { header: 'Owner', value: ({ owner }) => owner, flexible: true };
const RUNS: Column<JobSummary> = {
  header: 'Runs',
  value: ({ progress }) => progress && `${progress.ended}/${progress.runs}`,
  align: 'right',
};

/** What a job does, and why: how it ended, or what it waits for. */
function statusOf({ jobStatus, outcome, failureCode, waiting }: JobSummary): string {
  const status = jobStatus?.content || 'not submitted';
  const why = outcome && failureCode && failureCode !== outcome ? `${outcome} (${failureCode})` : outcome;
  const words = (why ?? waiting?.code)?.replaceAll('_', ' ');
  return words ? `${status}: ${words}` : status;
}

function timeOf({ elapsedWalltimeSeconds: seconds }: JobSummary): string | undefined {
  return seconds == null ? undefined : formatDuration(seconds);
}

function costOf({ cost }: JobSummary): string | undefined {
  const used = cost?.used;
  return used == null ? undefined : formatMoney(Number(used.amount), used.currency);
}

function styleOf({ jobStatus, outcome }: JobSummary): Style | undefined {
  if (outcome) {
    return outcomeStyle(outcome);
  }
  return jobStatus?.content === '' ? 'dim' : undefined;
}
