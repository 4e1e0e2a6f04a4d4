import { defineCommand } from '../../command.ts';
import { printTable } from '../../output/table.ts';

export default defineCommand({
  examples: [{ command: 'quarry projects list', says: 'Projects that your jobs can belong to' }],
  async run(_options, { sdk, signal }) {
    return sdk.projects.list({ page_size: 200 }, { signal }).all();
  },
  present(projects, io) {
    if (projects.length === 0) {
      io.print('You are in no project. Jobs need none here.');
    } else {
      printTable(io, projects, [
        { header: 'Id', value: ({ id }) => id, style: () => 'bold' },
        { header: 'Name', value: ({ name }) => name, flexible: true },
        { header: 'Default', value: ({ isDefault }) => (isDefault ? 'yes' : '') },
        { header: 'Budget left', value: ({ remainingAmounts }) => remainingAmounts?.join(', ') },
      ]);
    }
  },
});
