import type { Route } from '../../http/route.ts';
import { archive } from './archive.ts';
import type { TasksContext } from './context.ts';
import { copy } from './copy.ts';
import { remove } from './delete.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { results } from './results.ts';

/** What takes long and goes on by itself, and answers that are fetched later than they were asked for. */
export function taskRoutes(context: TasksContext): Route[] {
  return [list(context), get(context), remove(context), archive(context), results(context), copy(context)];
}
