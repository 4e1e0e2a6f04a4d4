import type { KindsOfTasks } from '../../tasks/kind.ts';
import type { TaskRunner } from '../../tasks/runner.ts';
import type { JobsContext } from '../jobs/context.ts';

/** What the endpoints of tasks are made of. */
export interface TasksContext extends JobsContext {
  tasks: TaskRunner;
  kinds: KindsOfTasks;
}
