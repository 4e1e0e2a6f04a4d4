import { submitJob as endpoint } from '@quarry/contract';
import type { Caller } from '../../access/caller.ts';
import { type Call, route } from '../../http/route.ts';
import { once } from '../../idempotency/once.ts';
import type { Applied } from '../../jobs/life/store.ts';
import { DefinitionChangedError, prepareSubmit, submitJob } from '../../jobs/verbs/submit.ts';
import type { JobsContext } from './context.ts';

export const submit = (context: JobsContext) =>
  route(endpoint, async (call) => {
    const applied: Applied[] = [];
    while (!(await submitAsPlanned(context, call, applied))) {}
    context.engine.perform(applied);
  });

/** Submits a job that was saved by the same request. */
export async function submitNow(context: JobsContext, caller: Caller, jobId: string): Promise<void> {
  const { database, domain, engine } = context;
  const planned = await prepareSubmit({ ...domain, queries: database.read }, caller, jobId);
  engine.perform([await database.write((queries) => submitJob({ ...domain, queries }, caller, planned))]);
}

/** False when the job's definition was changed by another request between its planning and the write. */
async function submitAsPlanned(
  { database, domain }: JobsContext,
  call: Call<typeof endpoint>,
  applied: Applied[],
): Promise<boolean> {
  const { jobId } = call.params;
  try {
    await once({ database, clock: domain.clock }, call, async () => {
      const planned = await prepareSubmit({ ...domain, queries: database.read }, call.caller, jobId);
      return async (queries) => {
        applied.push(await submitJob({ ...domain, queries }, call.caller, planned));
        return { jobId };
      };
    });
    return true;
  } catch (error) {
    if (error instanceof DefinitionChangedError) {
      return false;
    }
    throw error;
  }
}
