import { deleteTask } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { endTask } from '../../tasks/end.ts';
import type { TasksContext } from './context.ts';

export const remove = ({ database, domain, tasks }: TasksContext) =>
  route(deleteTask, async ({ caller, params }): Promise<void> => {
    const { isCancelled } = await database.write(
      (queries) => endTask({ queries, clock: domain.clock, tasks }, caller, params.token),
      { mayUseReserve: true },
    );
    if (isCancelled) {
      tasks.breakOff(params.token);
    }
  });
