import { argument, defineCommand } from '../../command.ts';
import { printFields } from '../../output/table.ts';
import { describeProgress } from '../../tasks/show-task.ts';

export default defineCommand({
  arguments: { task: argument('<task>', 'id of the task') },
  examples: [{ command: 'quarry tasks show abcDEF', says: 'How far it is, and what it has made' }],
  async run({ task }, { sdk, signal }) {
    return sdk.tasks.get(task, { signal });
  },
  present(task, io) {
    const { error } = task;
    printFields(io, [
      ['Task', task.id],
      ['Kind', task.kind],
      ['About', `${task.subject.type} ${task.subject.id}`],
      ['Status', task.status],
      ['Progress', describeProgress(task)],
      ['Result', task.result.length === 0 ? null : JSON.stringify(task.result[0])],
      ['Why', error && [error.message, error.hint].filter(Boolean).join('\n')],
      ['Owner', task.owner],
      ['Begun', task.dateInserted],
      ['Started', task.dateStarted],
      ['Ended', task.dateEnded],
      ['Forgotten', task.dateExpires],
    ]);
  },
});
