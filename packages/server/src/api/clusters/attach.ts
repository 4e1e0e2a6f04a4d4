import { attachJob } from '@quarry/contract';
import { type Call, route } from '../../http/route.ts';
import { prepareClusterAttachment } from '../../jobs/verbs/attach-to-cluster.ts';
import { changeJob } from '../../jobs/verbs/change.ts';
import { DefinitionChangedError, prepareSubmit, submitJob } from '../../jobs/verbs/submit.ts';
import type { JobsContext } from '../jobs/context.ts';

export const attach = (context: JobsContext) =>
  route(attachJob, async (call) => {
    while (!(await attachAsPrepared(context, call))) {}
    return { id: call.body.id };
  });

/** False when the job was changed by another request since it was looked at. */
async function attachAsPrepared(
  { database, domain, engine }: JobsContext,
  call: Call<typeof attachJob>,
): Promise<boolean> {
  const { caller, params, body } = call;
  const reading = { ...domain, queries: database.read };
  const wanted = { clusterId: params.clusterId, jobId: body.id };
  const prepared = await prepareClusterAttachment(reading, caller, wanted);
  if (prepared === null) {
    return true;
  }
  const isWritten = await database.write((queries) => changeJob({ ...domain, queries }, caller, prepared));
  if (!isWritten) {
    return false;
  }
  if (body.submit) {
    const planned = await prepareSubmit(reading, caller, body.id);
    try {
      engine.perform([await database.write((queries) => submitJob({ ...domain, queries }, caller, planned))]);
    } catch (error) {
      if (error instanceof DefinitionChangedError) {
        return false;
      }
      throw error;
    }
  }
  for (const text of prepared.warnings) {
    call.warn(text);
  }
  return true;
}
