import { type ParsedJobDefinition, type ParsedJobUpdate, replaceJob, updateJob } from '@quarry/contract';
import { findJob, findOwnJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { findUsableProjects } from '../../db/queries/find-site.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { type Call, route } from '../../http/route.ts';
import type { StoredDefinition } from '../../jobs/definition/stored.ts';
import { readState } from '../../jobs/life/store.ts';
import { invalidFields } from '../../problems.ts';
import { answerJob, definitionColumns, type JobsContext, writeInputs } from './context.ts';
import { settleDefinition } from './settle.ts';

type UpdateCall = Pick<Call, 'caller' | 'version' | 'baseUrl' | 'warn'>;

/** Fields that change on a job in any state; the rest is history once the job was submitted. */
const ALWAYS_CHANGEABLE = ['name', 'description', 'projectId', 'tags', 'folderId'] as const;

export const update = (context: JobsContext) =>
  route(updateJob, (call) => changeJob(context, call, call.params.jobId, call.body));

export const replace = (context: JobsContext) =>
  route(replaceJob, (call) => changeJob(context, call, call.params.jobId, call.body));

async function changeJob(
  context: JobsContext,
  call: UpdateCall,
  jobId: string,
  change: ParsedJobUpdate | ParsedJobDefinition,
) {
  const { database } = context;
  for (let isDone = false; !isDone; ) {
    const job = await findOwnJob(database.read, call.caller, jobId);
    const { phase } = readState(job.state);
    // Overtaken by another change or by submit: that one has succeeded, so this ends.
    if (phase === 'saved') isDone = await changeSaved(context, call, job, change);
    else {
      await changeSubmitted(context, call, job, change);
      isDone = true;
    }
  }
  return answerJob(context, call, await findJob(database.read, call.caller, jobId));
}

/** False when the job was changed or submitted by another request since it was read: then nothing is written. */
async function changeSaved(
  context: JobsContext,
  call: UpdateCall,
  job: JobWithOwner,
  change: ParsedJobUpdate,
): Promise<boolean> {
  const { database } = context;
  const before = JSON.parse(job.definition) as StoredDefinition;
  const merged = { ...before, ...withoutUndefined(change) } as ParsedJobDefinition;
  // The older flag counts again when it alone is sent, although the explicit priority wins over it.
  if (change.isLowPriority !== undefined && change.billingPriorityValue === undefined) {
    merged.billingPriorityValue = null;
  }
  const owner = await database.read
    .selectFrom('users')
    .where('id', '=', job.owner_id)
    .select(['id as userId', 'role'])
    .executeTakeFirstOrThrow();
  const warnings: string[] = [];
  const settled = await settleDefinition(context, owner, merged, (text) => warnings.push(text));
  const columns = await definitionColumns(context, job.owner_id, settled);
  const isWritten = await database.write(async (queries) => {
    const current = await findJob(queries, call.caller, job.id);
    if (current.state !== job.state || current.definition !== job.definition) return false;
    await queries.updateTable('jobs').set(columns).where('id', '=', job.id).execute();
    await writeInputs(queries, job.id, settled.definition);
    await recordChange(context, queries, call, job.id, Object.keys(withoutUndefined(change)));
    return true;
  });
  if (isWritten) for (const text of warnings) call.warn(text);
  return isWritten;
}

/** Clients patch whole definitions of finished jobs and expect 200, so what cannot change is only said. */
async function changeSubmitted(
  context: JobsContext,
  call: UpdateCall,
  job: JobWithOwner,
  change: ParsedJobUpdate,
) {
  const { database } = context;
  const { name, description, projectId, tags, folderId } = change;
  if (projectId) await refuseForeignProject(context, job, projectId);
  else if (projectId === null && context.site.requiresProject) {
    throw invalidFields({
      projectId: ['Jobs here must belong to a project. Yours are at users/me/projects/.'],
    });
  }
  if (folderId) call.warn('folderId has no effect on this platform.');
  warnOfStarted(call, change);
  const changes = withoutUndefined({ name, description, projectId, tags });
  if (Object.keys(changes).length === 0) return;
  await database.write(async (queries) => {
    const current = await findJob(queries, call.caller, job.id);
    const next = { ...(JSON.parse(current.definition) as StoredDefinition), ...changes };
    await queries
      .updateTable('jobs')
      .set({
        name: next.name,
        description: next.description,
        project_id: next.projectId,
        tags: JSON.stringify(next.tags),
        definition: JSON.stringify(next),
      })
      .where('id', '=', job.id)
      .execute();
    await recordChange(context, queries, call, job.id, Object.keys(changes));
  });
}

function warnOfStarted(call: UpdateCall, change: ParsedJobUpdate): void {
  const changeable: readonly string[] = ALWAYS_CHANGEABLE;
  const ignored = Object.keys(withoutUndefined(change)).filter((field) => !changeable.includes(field));
  if (ignored.length === 0) return;
  call.warn(
    `The job has already started, so these fields did not change: ${ignored.join(', ')}. Clone the job to run it differently.`,
  );
}

async function refuseForeignProject(
  context: JobsContext,
  job: JobWithOwner,
  projectId: string,
): Promise<void> {
  const owner = await context.database.read
    .selectFrom('users')
    .where('id', '=', job.owner_id)
    .select(['id as userId', 'role'])
    .executeTakeFirstOrThrow();
  const projects = await findUsableProjects(context.database.read, owner);
  if (!projects.some(({ id }) => id === projectId)) {
    throw invalidFields({
      projectId: [
        `There is no project "${projectId}" that the owner of the job belongs to. See users/me/projects/.`,
      ],
    });
  }
}

async function recordChange(
  context: JobsContext,
  queries: Parameters<typeof recordEvent>[0],
  call: UpdateCall,
  jobId: string,
  fields: string[],
): Promise<void> {
  const actorId = 'userId' in call.caller ? call.caller.userId : null;
  await recordEvent(queries, {
    at: context.clock.now(),
    actorId,
    subject: `job:${jobId}`,
    verb: 'changed',
    detail: { fields },
  });
}

function withoutUndefined<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, entry]) => entry !== undefined),
  ) as Partial<Value>;
}
