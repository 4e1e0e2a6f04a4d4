import { argument, defineCommand, flag } from '../../command.ts';
import { printTable } from '../../output/table.ts';
import { definitionFacts, differencesOf, nameFacts, outcomeFacts } from '../../submission/facts.ts';
import { showValue } from '../../submission/show-difference.ts';

export default defineCommand({
  details:
    'In what two jobs are not the same: what was asked for, and how it went. Files are compared by what is in them, so that the same ' +
    'bytes uploaded twice are no difference. With --json: {"jobs":[…],"differences":[{"field","values":[…]}]}.',
  arguments: {
    first: argument('<job>', 'id or name of a job, or last'),
    second: argument('<job>', 'and of another one'),
  },
  options: { all: flag('--all', 'also what is the same') },
  examples: [{ command: 'quarry jobs compare abcDEF ghiJKL', says: 'Why one failed and the other did not' }],
  async run({ first, second, all }, { sdk, signal }) {
    const jobs = await Promise.all([first, second].map((id) => sdk.jobs.get(id, { signal })));
    const facts = jobs.map((job) => [...nameFacts(job), ...definitionFacts(job), ...outcomeFacts(job)]);
    return { jobs: jobs.map(({ id }) => id), differences: differencesOf(facts, { all }) };
  },
  fieldsOf: ({ differences }) => differences,
  present({ jobs, differences }, io) {
    if (differences.length === 0) {
      io.print(`Jobs ${jobs.join(' and ')} are the same in all that counts.`);
      return;
    }
    printTable(io, differences, [
      { header: 'Field', value: ({ field }) => field, style: () => 'bold' },
      ...jobs.map((id, index) => ({
        header: id,
        keepsCase: true,
        flexible: true,
        value: ({ values }: (typeof differences)[number]) => showValue(values[index], 200),
      })),
    ]);
  },
});
