import { listTasks } from '@quarry/contract';
import { listTasks as findTasks } from '../../db/queries/tasks.ts';
import { route } from '../../http/route.ts';
import { paginate } from '../paging.ts';
import type { TasksContext } from './context.ts';
import { taskToWire } from './to-wire.ts';

export const list = (context: TasksContext) =>
  route(listTasks, async (call) =>
    paginate(call, findTasks(context.database.read, call.caller, call.query), (row) =>
      taskToWire(context, row),
    ),
  );
