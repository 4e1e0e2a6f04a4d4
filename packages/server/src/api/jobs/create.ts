import { createJob } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { JobsContext } from './context.ts';
import { saveOnce } from './save-once.ts';

export const create = (context: JobsContext) =>
  route(createJob, (call) => saveOnce(context, call, async () => ({ wanted: call.body })));
