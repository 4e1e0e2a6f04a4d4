import { argument, defineCommand, optionalText, text, texts } from '../../command.ts';
import { listOptions, mostOf } from '../../listing.ts';
import { noteRestOfTable, printResults } from '../../results/print.ts';
import { readResults } from '../../results/read.ts';
import { checkSavePlaces, saveResults } from '../../results/save.ts';

export default defineCommand({
  details:
    'One row for each run, with its inputs, its outputs and how it ended; also while the sweep goes on. With --json: ' +
    '{"columns":[{"name","kind","type"}],"rows":[[…]]}, kind run, input or output, null where a run has no value.',
  arguments: { job: argument('<job>', 'id of the job') },
  options: {
    output: texts('--output <name>', 'only this output (repeatable)'),
    csv: optionalText('--csv [file]', 'as CSV, into a file or to standard output'),
    parquet: text('--parquet <file>', 'as a Parquet file'),
    ...listOptions,
  },
  examples: [
    { command: 'quarry runs table abcDEF', says: 'The first rows' },
    { command: 'quarry runs table abcDEF --csv results.csv', says: 'Everything, for a spreadsheet' },
    {
      command: 'quarry runs table abcDEF --parquet results.parquet',
      says: 'Everything, for pandas or DuckDB',
    },
  ],
  async run({ job, csv, parquet }, { sdk, io, signal }) {
    const places = { csv, parquet };
    await checkSavePlaces(places, io);
    await saveResults(job, places, sdk, io, signal);
    const isSaved = csv !== undefined || parquet !== undefined;
    return isSaved && !io.json ? undefined : readResults(sdk, job, signal);
  },
  present(results, io, { job, output, ...limits }) {
    if (results === undefined) {
      return;
    }
    const rows = results.rows.slice(0, mostOf(limits));
    if (rows.length === 0) {
      io.print('There are no runs yet: the job has not been submitted.');
      return;
    }
    const hidden = printResults(io, results, { outputs: output, rows });
    noteRestOfTable(io, job, rows.length, results.rows.length, hidden);
  },
});
