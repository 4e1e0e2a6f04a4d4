import type { ResultsTable, Task } from '@quarry/sdk';
import { argument, choice, defineCommand, flag, optionalText, text, texts } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { listOptions, mostOf } from '../../listing.ts';
import { noteRestOfTable, printResults } from '../../results/print.ts';
import { readResults } from '../../results/read.ts';
import { checkSavePlaces, saveResults } from '../../results/save.ts';
import { exitCodeOf, presentTask, waitForTask } from '../../tasks/show-task.ts';

export default defineCommand({
  details:
    'One row for each run, with its inputs, its outputs and how it ended; also while the sweep goes on. With --json: ' +
    '{"columns":[{"name","kind","type"}],"rows":[[…]]}, kind run, input or output, null where a run has no value, and "mark": what --since takes to ' +
    'show only runs that have changed after this table, or are new ("isWhole":false). With --stored the table becomes a file of yours at the platform, such as jobs ' +
    'take as an input; that is a task of the platform, see `quarry tasks`.',
  arguments: { job: argument('<job>', 'id of the job') },
  options: {
    output: texts('--output <name>', 'only this output (repeatable)'),
    column: texts('--column <name>', 'only this column, beside that of the run (repeatable)'),
    since: text('--since <mark>', 'only runs that have changed since the table with this mark'),
    csv: optionalText('--csv [file]', 'as CSV, into a file or to standard output'),
    parquet: text('--parquet <file>', 'as a Parquet file'),
    stored: choice('--stored <format>', 'as a file of yours at the platform', ['csv', 'parquet', 'json']),
    wait: flag('--no-wait', 'with --stored: do not wait until it is there'),
    ...listOptions,
  },
  examples: [
    { command: 'quarry runs table abcDEF', says: 'The first rows' },
    { command: 'quarry runs table abcDEF --csv results.csv', says: 'Everything, for a spreadsheet' },
    {
      command: 'quarry runs table abcDEF --parquet results.parquet',
      says: 'Everything, for pandas or DuckDB',
    },
    {
      command: 'quarry runs table abcDEF --column angle --column Cd --csv polar.csv',
      says: 'Some columns only',
    },
    { command: 'quarry runs table abcDEF --stored csv', says: 'Among your files at the platform' },
  ],
  async run(
    { job, csv, parquet, stored, wait, column, since },
    context,
  ): Promise<ResultsTable | Task | undefined> {
    const { sdk, io, signal } = context;
    const isSaved = csv !== undefined || parquet !== undefined;
    const columns = column.length > 0 ? column : undefined;
    if (since !== undefined && (isSaved || stored !== undefined)) {
      throw usageError('--since shows what has changed: leave out --csv, --parquet and --stored.');
    }
    if (stored !== undefined) {
      if (isSaved || columns !== undefined) {
        throw usageError(
          '--stored keeps the whole table at the platform: leave out --csv, --parquet and --column.',
        );
      }
      const task = await sdk.tasks.results(job, { format: stored, signal });
      return wait ? await waitForTask(task.id, context) : task;
    }
    if (!wait) {
      throw usageError('--no-wait needs --stored: what is saved or shown here is waited for.');
    }
    const places = { csv, parquet, columns };
    await checkSavePlaces(places, io);
    await saveResults(job, places, sdk, io, signal);
    return isSaved && !io.json ? undefined : readResults(sdk, job, { since, columns, signal });
  },
  present(results, io, { job, output, since, ...limits }) {
    if (results === undefined) {
      return;
    }
    if ('kind' in results) {
      presentTask(results, io);
      return;
    }
    const rows = results.rows.slice(0, mostOf(limits));
    if (rows.length === 0) {
      io.print(
        since === undefined || results.isWhole !== false
          ? 'There are no runs yet: the job has not been submitted.'
          : 'No run has changed since.',
      );
      return;
    }
    const hidden = printResults(io, results, { outputs: output, rows });
    noteRestOfTable(io, job, rows.length, results.rows.length, hidden);
  },
  exitCode: (results) => (results !== undefined && 'kind' in results ? exitCodeOf(results) : EXIT.ok),
});
