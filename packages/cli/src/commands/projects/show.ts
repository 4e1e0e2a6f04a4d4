import { argument, defineCommand } from '../../command.ts';
import { printFields, printTable } from '../../output/table.ts';

export default defineCommand({
  details: 'For its members and for administrators, and on Quarry servers only.',
  arguments: { project: argument('<project>', 'id of the project') },
  examples: [{ command: 'quarry projects show abcDEF', says: 'What it is about, and who belongs to it' }],
  async run({ project }, { sdk, signal }) {
    return sdk.projects.get(project, { signal });
  },
  present({ name, description, isActive, isDefault, dateInserted, members }, io) {
    printFields(io, [
      ['Name', name],
      ...(description === '' ? [] : [['About', description] as const]),
      ['State', isActive ? 'open' : 'closed: new jobs cannot belong to it'],
      ...(isDefault ? [['Default', 'for jobs that name no project'] as const] : []),
      ['Added', dateInserted],
    ]);
    if (members.length > 0) {
      io.print();
      printTable(io, members, [
        { header: 'Member', value: ({ email }) => email, style: () => 'bold', flexible: true },
        { header: 'Role', value: ({ role }) => role },
      ]);
    }
  },
});
