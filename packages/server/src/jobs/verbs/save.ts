import { writeJobDevices } from '../../db/queries/device-jobs.ts';
import { insertJob } from '../../db/queries/insert-job.ts';
import { writeDependencies } from '../../db/queries/job-dependencies.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { countLostRestored, type RestoredInput, writeRestored } from '../../db/queries/restored.ts';
import { writeJobInputs } from '../../db/queries/write-job-inputs.ts';
import { writeJobTags } from '../../db/queries/write-job-tags.ts';
import { findAttachableFiles } from '../../files/visibility.ts';
import { newId } from '../../ids.ts';
import { conflict } from '../../problems.ts';
import { attachedFiles } from '../definition/attached-files.ts';
import { type CompleteDefinition, completeDefinition } from '../definition/complete.ts';
import type { Offer, Owner } from '../definition/offer.ts';
import { deviceIdsOf } from '../definition/stored.ts';
import { SAVED } from '../life/state.ts';
import type { WantedJob } from './clone.ts';
import type { Domain } from './domain.ts';

/** A job with its complete definition and its id, that is not in the database yet. */
export interface PreparedJob extends CompleteDefinition {
  id: string;
  /** Files of another job that its run begins with. */
  restored: readonly RestoredInput[];
  /** What was accepted without effect. */
  warnings: string[];
}

/** Completes a definition as a new job of the owner; refuses what cannot be saved. `offer` as for `completeDefinition`. */
export async function prepareJob(
  domain: Pick<Domain, 'queries' | 'catalog' | 'site' | 'readAttached'>,
  owner: Owner,
  { wanted, restored = [], notes = [], offer, id = newId() }: WantedJob & { offer?: Offer; id?: string },
): Promise<PreparedJob> {
  const warnings = [...notes];
  const warn = (text: string) => warnings.push(text);
  const complete = await completeDefinition(domain, owner, wanted, { warn, offer });
  await refuseUnattachable(domain.queries, owner, restored);
  return { id, ...complete, restored, warnings };
}

/** Saves a prepared job; nothing runs before it is submitted. */
export async function saveJob(
  { queries, clock }: Pick<Domain, 'queries' | 'clock'>,
  { userId: ownerId }: Pick<Owner, 'userId'>,
  { id, definition, columns, restored }: PreparedJob,
): Promise<void> {
  const state = JSON.stringify(SAVED);
  await insertJob(queries, { id, ownerId, at: clock.now(), columns: { ...columns, state } });
  await writeJobInputs(queries, id, attachedFiles(definition));
  await writeJobTags(queries, id, definition.tags);
  await writeDependencies(queries, id, definition.after);
  await writeJobDevices(queries, id, deviceIdsOf(definition));
  await writeRestored(queries, id, restored);
  await refuseLost(queries, id);
  const { name, clonedFrom, restart } = definition;
  await recordEvent(queries, {
    at: clock.now(),
    actorId: ownerId,
    subject: `job:${id}`,
    verb: 'created',
    detail: {
      name,
      ...(clonedFrom ? { clonedFrom } : {}),
      ...(restart ? { restartedFrom: restart.from } : {}),
    },
  });
}

/** A job runs with the reach of its owner, whoever has asked for it. */
async function refuseUnattachable(
  queries: Domain['queries'],
  owner: Owner,
  restored: readonly RestoredInput[],
): Promise<void> {
  const ids = restored.map(({ id }) => id);
  const attachable = await findAttachableFiles(queries, owner, ids);
  if (ids.some((id) => !attachable.has(id))) {
    throw conflict('Files from which the job would go on are not yours, or have been deleted.', {
      code: 'restored_deleted',
      hint: 'Only the owner of a job can restart it, or clone what was restarted, from what it still has.',
    });
  }
}

/** Files that were deleted since they were looked at are no longer there to begin with. */
async function refuseLost(queries: Domain['queries'], jobId: string): Promise<void> {
  if ((await countLostRestored(queries, jobId)) > 0) {
    throw conflict('Files from which the job was to go on have been deleted meanwhile.', {
      code: 'restored_deleted',
      hint: 'Ask again: what is there now is looked at anew.',
    });
  }
}
