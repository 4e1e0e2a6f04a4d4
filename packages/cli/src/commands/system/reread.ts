import { defineCommand } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import { count } from '../../output/human.ts';

export default defineCommand({
  details:
    'For administrators, and on Quarry servers only. The server notices changes by itself; this reads at once and tells the ' +
    'mistakes, with which the catalogue of before stays in use. Exit code 0 means that there are none.',
  examples: [{ command: 'quarry system reread', says: 'Try what you have changed in the catalogue' }],
  run: (_options, { sdk, signal }) => sdk.admin.rereadCatalogue({ signal }),
  present({ coreTypes, analyses, problems, directory }, io) {
    for (const { file, line, field, message } of problems) {
      io.print(`${file}:${line}: ${field ? `${field}: ` : ''}${message}`);
    }
    io.note(
      problems.length === 0
        ? `${directory} has no mistakes; ${count(coreTypes, 'core type')} and ${count(analyses, 'analysis', 'analyses')} are on offer.`
        : `${count(problems.length, 'mistake')}: the catalogue of before stays in use.`,
    );
  },
  exitCode: ({ problems }) => (problems.length === 0 ? EXIT.ok : EXIT.unexpected),
});
