import { defineCommand, flag } from '../../command.ts';
import { printTable } from '../../output/table.ts';

export default defineCommand({
  options: { closed: flag('--closed', 'those that new jobs cannot belong to any more') },
  examples: [{ command: 'quarry projects list', says: 'Projects that your jobs can belong to' }],
  async run({ closed }, { sdk, signal }) {
    return sdk.projects.list({ page_size: 200, ...(closed && { closed }) }, { signal }).all();
  },
  present(projects, io, { closed }) {
    if (projects.length === 0) {
      io.print(closed ? 'None of your projects is closed.' : 'You are in no project. Jobs need none here.');
    } else {
      printTable(io, projects, [
        { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
        { header: 'Name', value: ({ name }) => name, flexible: true },
        { header: 'You', value: ({ role }) => role },
        { header: 'Default', value: ({ isDefault }) => (isDefault ? 'yes' : '') },
        { header: 'Budget left', value: ({ remainingAmounts }) => remainingAmounts?.join(', ') },
      ]);
    }
  },
});
