import { stopJob as endpoint, shutdownJob } from '@quarry/contract';
import type { Caller } from '../../access/caller.ts';
import { route } from '../../http/route.ts';
import type { StopKind } from '../../jobs/life/state.ts';
import { stopJob } from '../../jobs/verbs/stop.ts';
import type { JobsContext } from './context.ts';

/** Stopping what does not run is no error: scripts stop unconditionally at their end. */
export const stop = (context: JobsContext) =>
  route(endpoint, (call) =>
    stopAs(context, call.caller, call.params.jobId, call.query.force ? 'force' : 'graceful'),
  );

export const shutdown = (context: JobsContext) =>
  route(shutdownJob, (call) => stopAs(context, call.caller, call.params.jobId, 'discard'));

async function stopAs(
  { database, domain, engine }: JobsContext,
  caller: Caller,
  jobId: string,
  kind: StopKind,
): Promise<void> {
  const applied = await database.write((queries) => stopJob({ ...domain, queries }, caller, jobId, kind), {
    mayUseReserve: true,
  });
  if (applied) {
    engine.perform([applied]);
  }
}
