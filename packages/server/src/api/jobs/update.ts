import { type ParsedJobDefinition, type ParsedJobUpdate, replaceJob, updateJob } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { type Call, route } from '../../http/route.ts';
import { changeJob, changesSomething, prepareChange } from '../../jobs/verbs/change.ts';
import { answerJob } from './answer-job.ts';
import type { JobsContext } from './context.ts';

type UpdateCall = Pick<Call, 'caller' | 'version' | 'baseUrl' | 'warn'>;

export const update = (context: JobsContext) =>
  route(updateJob, (call) => change(context, call, call.params.jobId, call.body));

export const replace = (context: JobsContext) =>
  route(replaceJob, (call) => change(context, call, call.params.jobId, call.body));

async function change(
  context: JobsContext,
  call: UpdateCall,
  jobId: string,
  wanted: ParsedJobUpdate | ParsedJobDefinition,
) {
  const { database, domain } = context;
  for (let isDone = false; !isDone; ) {
    const lookedUp = { ...domain, queries: database.read };
    const prepared = await prepareChange(lookedUp, call.caller, { jobId, change: wanted });
    isDone =
      !changesSomething(prepared) ||
      (await database.write((queries) => changeJob({ ...domain, queries }, call.caller, prepared)));
    for (const text of isDone ? prepared.warnings : []) {
      call.warn(text);
    }
  }
  return answerJob(context, call, await findJob(database.read, call.caller, jobId));
}
