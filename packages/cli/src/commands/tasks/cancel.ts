import { argumentsList, defineCommand } from '../../command.ts';

export default defineCommand({
  details:
    'A task that is cancelled has made nothing that anybody sees. One that has ended is forgotten; a file that it has made ' +
    'stays.',
  arguments: { tasks: argumentsList('<task...>', 'ids of tasks') },
  examples: [{ command: 'quarry tasks cancel abcDEF', says: 'Break a task off' }],
  async run({ tasks }, { sdk, signal }) {
    for (const task of tasks) {
      await sdk.tasks.cancel(task, { signal });
    }
    return { cancelled: tasks };
  },
  present({ cancelled }, io) {
    for (const task of cancelled) {
      io.print(`Task ${task} is cancelled, or forgotten where it had ended.`);
    }
  },
});
