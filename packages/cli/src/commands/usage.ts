import { writeFile } from 'node:fs/promises';
import type { UsageReport, UsageSums } from '@quarry/sdk';
import { choice, defineCommand, optionalText, text } from '../command.ts';
import { printFields, printTable } from '../output/table.ts';
import { checkSavePlaces } from '../results/save.ts';

const BY = ['day', 'project', 'person', 'software', 'coreType'] as const;

/** Headings of the rows, and what those are called that have no such thing. */
const WORDS: Record<UsageReport['by'], { heading: string; none: string }> = {
  day: { heading: 'Day', none: '' },
  project: { heading: 'Project', none: 'no project' },
  person: { heading: 'Person', none: '' },
  software: { heading: 'Software', none: 'not named' },
  coreType: { heading: 'Core type', none: '' },
};

export default defineCommand({
  details:
    'Of your own jobs and persistent clusters, and those of projects that you manage; administrators see all. Deleted jobs ' +
    'count. What goes on is counted until now and marked with "+". On Quarry servers only. With --json: the report of the API.',
  options: {
    by: choice('--by <thing>', 'what the rows are; day when absent', BY),
    from: text('--from <date>', 'from this day or time on; the first of this month when absent'),
    to: text('--to <date>', 'up to this day, which counts whole, or this time; until now when absent'),
    zone: text('--zone <name>', 'where days begin at midnight, such as Europe/Berlin; UTC when absent'),
    owner: text('--owner <user>', 'only what this user used: an id or an e-mail address'),
    project: text('--project <id>', 'only what was used in this project'),
    software: text('--software <code>', 'only jobs with this software'),
    coreType: text('--core-type <code>', 'only what was used of this core type'),
    csv: optionalText('--csv [file]', 'as CSV, into a file or to standard output'),
  },
  examples: [
    { command: 'quarry usage', says: 'This month, day by day' },
    { command: 'quarry usage --by project --from 2026-01-01 --to 2026-03-31', says: 'A quarter, by project' },
    { command: 'quarry usage --by person --csv use.csv', says: 'For a spreadsheet' },
  ],
  async run({ csv, ...query }, { sdk, io, signal }): Promise<UsageReport | undefined> {
    if (csv === undefined) {
      return sdk.usage.get(query, { signal });
    }
    await checkSavePlaces({ csv, parquet: undefined }, io);
    const file = await sdk.usage.csv(query, { signal });
    if (csv === true) {
      io.print(file.trimEnd());
      return undefined;
    }
    await writeFile(csv, file);
    return io.json ? sdk.usage.get(query, { signal }) : undefined;
  },
  present(report, io) {
    if (report === undefined) {
      return;
    }
    const { heading, none } = WORDS[report.by];
    const others = report.rest === null ? [] : [{ key: '', name: 'all others', ...report.rest }];
    const rows = [...report.rows, ...others];
    if (rows.length === 0) {
      io.print('Nothing was used in this time.');
      return;
    }
    printTable(io, rows, [
      { header: heading, value: ({ name }) => name ?? none, style: () => 'bold', flexible: true },
      { header: 'Core hours', value: coreHours, align: 'right' },
      { header: 'Cost', value: cost, align: 'right' },
    ]);
    io.print('');
    printFields(io, [
      ['From', report.from.slice(0, 19).replace('T', ' ')],
      ['To', `${report.to.slice(0, 19).replace('T', ' ')} UTC`],
      ['Core hours', coreHours(report.total)],
      ['Cost', cost(report.total)],
    ]);
  },
});

function coreHours({ coreHours: hours, isOngoing }: UsageSums): string {
  return `${hours.toFixed(2)}${isOngoing ? '+' : ''}`;
}

function cost({ amounts, isOngoing }: UsageSums): string {
  const sums = amounts.map(({ amount, currency }) => `${amount} ${currency}`);
  return `${sums.join(', ') || '0'}${isOngoing ? '+' : ''}`;
}
