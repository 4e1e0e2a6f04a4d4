import type { Run } from '@quarry/sdk';
import { argument, defineCommand, flag, text, texts } from '../../command.ts';
import { type Limited, listOptions, mostOf, noteRest, pageSizeFor, readLimited } from '../../listing.ts';
import { formatBytes, formatDuration } from '../../output/human.ts';
import { type Column, printTable } from '../../output/table.ts';
import { hasFailed, secondsOf, stateOf, stateStyle } from '../../results/run-state.ts';

/** Variables that get columns of their own; `runs table` has all of them. */
const MOST_VARIABLES = 6;
/** Runs looked at in one request when all of them are searched. */
const SEARCH_PAGE_SIZE = 1000;

export default defineCommand({
  details:
    'All runs, those included that are only planned, with their variables: inputs first, then outputs. With --json: ' +
    '{"items":[…],"total":N}, runs as the API sends them.',
  arguments: { job: argument('<job>', 'id of the job') },
  options: {
    failed: flag('--failed', 'only those that ended other than in success'),
    state: text('--state <states>', 'only runs in these states: waiting, executing, ended'),
    outcome: text('--outcome <outcomes>', 'only runs that ended like this, such as failed,stopped'),
    where: texts(
      '--where <condition>',
      'only runs with such a value, such as "Cd<0.3" (repeatable: all hold)',
    ),
    sort: text('--sort <column>', 'order by a column of `runs table`, descending with -'),
    ...listOptions,
  },
  examples: [
    { command: 'quarry runs list abcDEF', says: 'The first runs of a sweep' },
    { command: 'quarry runs list abcDEF --failed', says: 'What went wrong' },
    { command: 'quarry runs list abcDEF --where "angle>=5" --sort=-Cl --limit 3', says: 'The best of some' },
    { command: 'quarry runs list abcDEF --sort=-wallSeconds --limit 5', says: 'What took longest' },
  ],
  async run({ job, failed, state, outcome, where, sort, ...limits }, { sdk, signal }): Promise<Limited<Run>> {
    const chosen = {
      ...(state !== undefined && { state }),
      ...(outcome !== undefined && { outcome }),
      ...(where.length > 0 && { where: where.join(',') }),
      ...(sort !== undefined && { ordering: sort }),
    };
    if (!failed) {
      return readLimited(
        sdk.jobs.runs(job, { page_size: pageSizeFor(limits), ...chosen }, { signal }),
        limits,
      );
    }
    const found: Run[] = [];
    let total = 0;
    for await (const run of sdk.jobs.runs(job, { page_size: SEARCH_PAGE_SIZE, ...chosen }, { signal })) {
      if (!hasFailed(run)) {
        continue;
      }
      total += 1;
      if (found.length < mostOf(limits)) {
        found.push(run);
      }
    }
    return { items: found, total };
  },
  present({ items, total }, io, { failed, job, state, outcome, where }) {
    if (items.length === 0) {
      const isChosen = state !== undefined || outcome !== undefined || where.length > 0;
      const none = isChosen
        ? 'There are no such runs.'
        : 'There are no runs yet: the job has not been submitted.';
      io.print(failed && !isChosen ? 'No run has failed.' : none);
      return;
    }
    const names = [...new Set(items.flatMap(({ variables }) => variables.map(({ name }) => name)))];
    const isRetried = items.some(({ attempt }) => (attempt ?? 1) > 1);
    printTable(io, items, [
      { header: 'Run', value: ({ id }) => id, align: 'right', style: () => 'bold' },
      { header: 'State', value: stateOf, style: stateStyle },
      ...(isRetried ? [attemptColumn] : []),
      { header: 'Took', value: tookOf, align: 'right' },
      {
        header: 'Outputs',
        value: ({ outputFileSize, dateCompleted }) => dateCompleted && formatBytes(outputFileSize),
        align: 'right',
      },
      ...(items.some(hasSkipped) ? [skippedColumn] : []),
      ...names.slice(0, MOST_VARIABLES).map(
        (wanted): Column<Run> => ({
          header: wanted,
          keepsCase: true,
          value: ({ variables }) => variables.find(({ name }) => name === wanted)?.displayValue,
          flexible: true,
        }),
      ),
      ...(failed ? [failureColumn] : []),
    ]);
    if (names.length > MOST_VARIABLES) {
      io.note(`${MOST_VARIABLES} of ${names.length} variables; all of them: quarry runs table ${job}`);
    }
    noteRest(items.length, total, io);
  },
});

const attemptColumn: Column<Run> = { header: 'Attempt', value: ({ attempt }) => attempt, align: 'right' };
const skippedColumn: Column<Run> = {
  header: 'Not kept',
  value: (run) => (hasSkipped(run) ? run.skippedCount : null),
  align: 'right',
  style: () => 'yellow',
};
const failureColumn: Column<Run> = {
  header: 'Failure',
  value: ({ failure }) => failure?.message.split('\n')[0],
  flexible: true,
};

/** Whether it left something that could not be kept. */
function hasSkipped({ skippedCount = 0 }: Run): boolean {
  return skippedCount > 0;
}

function tookOf(run: Run): string | null {
  const seconds = secondsOf(run);
  return seconds === null ? null : formatDuration(seconds);
}
