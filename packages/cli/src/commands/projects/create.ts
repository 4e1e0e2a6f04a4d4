import { argument, defineCommand, text } from '../../command.ts';

export default defineCommand({
  details: 'For administrators, and on Quarry servers only.',
  arguments: { name: argument('<name>', 'name of the project') },
  options: { description: text('--description <text>', 'what it is for') },
  examples: [{ command: 'quarry projects create "Wings of 2026"', says: 'A new project' }],
  async run({ name, description }, { sdk, signal }) {
    return sdk.admin.createProject({ name, description: description ?? '' }, { signal });
  },
  present({ id, name }, io) {
    io.print(`Project ${id} (${name}) is created.`);
  },
});
