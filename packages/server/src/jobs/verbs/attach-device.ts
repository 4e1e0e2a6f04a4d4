import type { ParsedJobDefinition } from '@quarry/contract';
import type { Caller } from '../../access/caller.ts';
import { findOwnJob } from '../../db/queries/find-job.ts';
import { findDevice } from '../../db/queries/storage-devices.ts';
import { invalidFields, refused } from '../../problems.ts';
import { settleDevices } from '../definition/storage-inputs.ts';
import { readDefinition } from '../definition/stored.ts';
import { readState } from '../life/store.ts';
import { type PreparedChange, prepareChange } from './change.ts';
import type { Domain } from './domain.ts';

type Attachment = ParsedJobDefinition['storageDevices'][number];

/** A device for a job, with files on it that are inputs of tiles. */
export interface WantedAttachment {
  jobId: string;
  device: Attachment;
  /** Places of the tiles that were named, from 0. */
  tiles: readonly number[];
}

/** Finds what it comes to that a job is to have a storage device; what it has already changes nothing. */
export async function prepareAttachment(
  domain: Pick<Domain, 'queries' | 'catalog' | 'site' | 'readAttached'>,
  actor: Caller,
  { jobId, device, tiles }: WantedAttachment,
): Promise<PreparedChange> {
  const job = await findOwnJob(domain.queries, actor, jobId);
  await findDevice(domain.queries, actor, device.id);
  const { storageDevices, jobanalyses } = readDefinition(job.definition);
  if (tiles.some((order) => order >= jobanalyses.length)) {
    throw invalidFields({
      jobanalyses: tiles.map((order) =>
        order < jobanalyses.length ? {} : { order: [`The job has ${jobanalyses.length} tiles, from 0 on.`] },
      ),
    });
  }
  const wanted = [...storageDevices, device];
  const isThere = JSON.stringify(settleDevices(wanted, () => undefined)) === JSON.stringify(storageDevices);
  const { phase } = readState(job.state);
  if (phase !== 'saved' && !isThere) {
    throw refused(
      `The job has already started; its status is ${job.status}. Storage devices are attached before that.`,
      {
        code: 'job_started',
        hint: 'Clone the job (POST jobs/{id}/clone/), attach the device to the clone, and submit that.',
      },
    );
  }
  return await prepareChange(domain, actor, { jobId, change: isThere ? {} : { storageDevices: wanted } });
}
