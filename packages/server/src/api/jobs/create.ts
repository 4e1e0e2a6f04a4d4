import { createJob, type ParsedJobDefinition } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { type Call, route } from '../../http/route.ts';
import { newId } from '../../ids.ts';
import { SAVED } from '../../jobs/state.ts';
import { answerJob, definitionColumns, type JobsContext, settleDefinition, writeInputs } from './context.ts';

export const create = (context: JobsContext) =>
  route(createJob, async (call) => saveJob(context, call, call.body));

/** Saves a job for the caller; nothing runs before it is submitted. */
export async function saveJob(
  context: JobsContext,
  call: Pick<Call, 'caller' | 'version' | 'baseUrl' | 'warn'>,
  wanted: ParsedJobDefinition,
) {
  const { database, clock } = context;
  const owner = person(call.caller);
  const definition = await settleDefinition(context, owner, wanted, call.warn);
  const columns = await definitionColumns(context, owner.userId, definition);
  const id = newId();
  await database.write(async (queries) => {
    await queries
      .insertInto('jobs')
      .values({
        id,
        owner_id: owner.userId,
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
    await recordEvent(queries, {
      at: clock.now(),
      actorId: owner.userId,
      subject: `job:${id}`,
      verb: 'created',
    });
  });
  return answerJob(context, call, await findJob(database.read, call.caller, id));
}
