import { ApiError, type Quarry } from '@quarry/sdk';
import { defineCommand, flag } from '../../command.ts';
import { printTable } from '../../output/table.ts';

export default defineCommand({
  options: { closed: flag('--closed', 'those that new jobs cannot belong to any more') },
  examples: [{ command: 'quarry projects list', says: 'Projects that your jobs can belong to' }],
  async run({ closed }, { sdk, io, signal }) {
    const projects = await sdk.projects.list({ page_size: 200, ...(closed && { closed }) }, { signal }).all();
    if (projects.length === 0 && !closed) {
      io.note(await describeNeed(sdk, signal));
    }
    return projects;
  },
  present(projects, io, { closed }) {
    if (projects.length === 0) {
      io.print(closed ? 'None of your projects is closed.' : 'You are in no project.');
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

/** Whether jobs can do without a project, which other platforms do not tell. */
async function describeNeed(sdk: Quarry, signal: AbortSignal): Promise<string> {
  const info = await sdk.admin.server({ signal }).catch((error: unknown) => {
    if (error instanceof ApiError) {
      return null;
    }
    throw error;
  });
  if (info?.requiresProject === undefined) {
    return 'Jobs may need one here.';
  }
  return info.requiresProject
    ? 'Jobs here must belong to one: ask an administrator to add you (quarry projects members PROJECT --add YOU).'
    : 'Jobs need none here.';
}
