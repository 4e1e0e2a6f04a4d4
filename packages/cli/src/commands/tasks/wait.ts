import { argument, defineCommand } from '../../command.ts';
import { exitCodeOf, presentTask, waitForTask } from '../../tasks/show-task.ts';

export default defineCommand({
  details: 'Waits until a task has ended. Exit code 5 when it has failed or was cancelled.',
  arguments: { task: argument('<task>', 'id of the task') },
  examples: [{ command: 'quarry tasks wait abcDEF --json', says: 'The task with its result, for a program' }],
  run: ({ task }, context) => waitForTask(task, context),
  present: presentTask,
  exitCode: exitCodeOf,
});
