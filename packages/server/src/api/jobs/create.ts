import { createJob, type ParsedJobDefinition } from '@quarry/contract';
import { type Caller, type Person, person } from '../../access/caller.ts';
import type { Queries } from '../../db/database.ts';
import { findJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { Refusal } from '../../errors.ts';
import { type Call, route } from '../../http/route.ts';
import { deletedSince, once } from '../../idempotency/once.ts';
import { newId } from '../../ids.ts';
import type { Site } from '../../jobs/definition/check-definition.ts';
import { SAVED } from '../../jobs/state.ts';
import { answerJob, definitionColumns, type JobsContext, writeInputs } from './context.ts';
import { settleDefinition } from './settle.ts';

export const create = (context: JobsContext) =>
  route(createJob, (call) => saveJob(context, call, async () => call.body));

/** Saves a job for the caller, once for each Idempotency-Key; nothing runs before it is submitted. */
export async function saveJob(
  context: JobsContext,
  call: Pick<Call, 'caller' | 'version' | 'baseUrl' | 'warn' | 'idempotency' | 'replayed'>,
  findWanted: () => Promise<ParsedJobDefinition>,
) {
  const owner = person(call.caller);
  const { jobId, warnings } = await once(context, call, async () => {
    const warnings: string[] = [];
    const job = await prepareJob(context, owner, await findWanted(), (text) => warnings.push(text));
    return async (queries) => {
      await insertJob(context, queries, owner.userId, job);
      return { jobId: job.id, warnings };
    };
  });
  for (const text of warnings) call.warn(text);
  return answerJob(context, call, await findSaved(context, call.caller, jobId));
}

async function findSaved({ database }: JobsContext, caller: Caller, jobId: string): Promise<JobWithOwner> {
  try {
    return await findJob(database.read, caller, jobId);
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) throw deletedSince(`The job "${jobId}"`);
    throw error;
  }
}

/** A job that is settled and has its id, but is not in the database yet. */
export type PreparedJob = Awaited<ReturnType<typeof prepareJob>>;

/** Settles a definition as a new job of the owner; refuses what cannot be saved. `site` as for settling. */
export async function prepareJob(
  context: JobsContext,
  owner: Pick<Person, 'userId' | 'role'>,
  wanted: ParsedJobDefinition,
  warn: (text: string) => void,
  site?: Site,
) {
  const settled = await settleDefinition(context, owner, wanted, warn, site);
  return { id: newId(), ...settled, columns: await definitionColumns(context, owner.userId, settled, site) };
}

/** Saves a prepared job inside a write. */
export async function insertJob(
  { clock }: JobsContext,
  queries: Queries,
  ownerId: string,
  { id, columns, definition }: PreparedJob,
): Promise<void> {
  await queries
    .insertInto('jobs')
    .values({
      id,
      owner_id: ownerId,
      ...columns,
      state: JSON.stringify(SAVED),
      status: null,
      is_completed: 0,
      waiting: null,
      output_bytes: 0,
      date_inserted: clock.now(),
      date_submitted: null,
      date_started: null,
      date_completed: null,
      deleted_at: null,
    })
    .execute();
  await writeInputs(queries, id, definition);
  const { name, clonedFrom } = definition;
  await recordEvent(queries, {
    at: clock.now(),
    actorId: ownerId,
    subject: `job:${id}`,
    verb: 'created',
    detail: { name, ...(clonedFrom ? { clonedFrom } : {}) },
  });
}
