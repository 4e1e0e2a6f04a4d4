import type { ParsedJobDefinition } from '@quarry/contract';
import { writeJobDevices } from '../../db/queries/device-jobs.ts';
import { insertJob } from '../../db/queries/insert-job.ts';
import { writeDependencies } from '../../db/queries/job-dependencies.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { writeJobInputs } from '../../db/queries/write-job-inputs.ts';
import { writeJobTags } from '../../db/queries/write-job-tags.ts';
import { newId } from '../../ids.ts';
import { attachedFiles } from '../definition/attached-files.ts';
import { type CompleteDefinition, completeDefinition } from '../definition/complete.ts';
import type { Offer, Owner } from '../definition/offer.ts';
import { deviceIdsOf } from '../definition/stored.ts';
import { SAVED } from '../life/state.ts';
import type { Domain } from './domain.ts';

/** A job with its complete definition and its id, that is not in the database yet. */
export interface PreparedJob extends CompleteDefinition {
  id: string;
  /** What was accepted without effect. */
  warnings: string[];
}

/** Completes a definition as a new job of the owner; refuses what cannot be saved. `offer` as for `completeDefinition`. */
export async function prepareJob(
  domain: Pick<Domain, 'queries' | 'catalog' | 'site' | 'readAttached'>,
  owner: Owner,
  { wanted, offer, id = newId() }: { wanted: ParsedJobDefinition; offer?: Offer; id?: string },
): Promise<PreparedJob> {
  const warnings: string[] = [];
  const warn = (text: string) => warnings.push(text);
  const complete = await completeDefinition(domain, owner, wanted, { warn, offer });
  return { id, ...complete, warnings };
}

/** Saves a prepared job; nothing runs before it is submitted. */
export async function saveJob(
  { queries, clock }: Pick<Domain, 'queries' | 'clock'>,
  { userId: ownerId }: Pick<Owner, 'userId'>,
  { id, definition, columns }: PreparedJob,
): Promise<void> {
  const state = JSON.stringify(SAVED);
  await insertJob(queries, { id, ownerId, at: clock.now(), columns: { ...columns, state } });
  await writeJobInputs(queries, id, attachedFiles(definition));
  await writeJobTags(queries, id, definition.tags);
  await writeDependencies(queries, id, definition.after);
  await writeJobDevices(queries, id, deviceIdsOf(definition));
  const { name, clonedFrom } = definition;
  await recordEvent(queries, {
    at: clock.now(),
    actorId: ownerId,
    subject: `job:${id}`,
    verb: 'created',
    detail: { name, ...(clonedFrom ? { clonedFrom } : {}) },
  });
}
