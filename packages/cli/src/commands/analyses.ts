import type { Analysis } from '@quarry/sdk';
import { defineCommand, optionalArgument } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { nearest } from '../nearest.ts';
import { printTable } from '../output/table.ts';

export default defineCommand({
  details: 'A job names software by its code, and a version by its version code: --analysis miniconda:4.8.4.',
  arguments: { code: optionalArgument('[code]', 'only this software, with all its versions') },
  examples: [
    { command: 'quarry analyses', says: 'All software, newest version of each' },
    { command: 'quarry analyses miniconda', says: 'All versions of one, with the commands they suggest' },
  ],
  async run({ code }, { sdk, signal }) {
    const analyses = await sdk.analyses.list({ page_size: 200 }, { signal }).all();
    if (code === undefined) {
      return analyses;
    }
    const found = analyses.filter((analysis) => analysis.code === code);
    if (found.length > 0) {
      return found;
    }
    const near = nearest(
      code,
      analyses.map((analysis) => analysis.code),
    );
    throw new CliError(`There is no software "${code}".`, {
      code: 'not_found',
      exitCode: EXIT.notFound,
      hint: near ? `Did you mean ${near}?` : 'See `quarry analyses`.',
    });
  },
  present(analyses: Analysis[], io, { code }) {
    if (code === undefined) {
      printList();
    } else {
      printVersions();
    }

    function printList(): void {
      printTable(io, analyses, [
        { header: 'Code', value: (analysis) => analysis.code, style: () => 'bold' },
        { header: 'Name', value: ({ name }) => name, flexible: true },
        { header: 'Newest version', value: ({ versions }) => versions[0]?.versionCode },
        { header: 'Versions', value: ({ versions }) => versions.length, align: 'right' },
        { header: 'Vendor', value: ({ vendorName }) => vendorName, flexible: true },
      ]);
    }

    function printVersions(): void {
      printTable(
        io,
        analyses.flatMap(({ versions }) => versions),
        [
          { header: 'Version code', value: ({ versionCode }) => versionCode, style: () => 'bold' },
          { header: 'Version', value: ({ version }) => version },
          {
            header: 'Core types',
            value: ({ allowedCoreTypes }) => allowedCoreTypes.join(' '),
            flexible: true,
          },
          { header: 'Command', value: ({ stdCommand }) => stdCommand, flexible: true },
        ],
      );
    }
  },
});
