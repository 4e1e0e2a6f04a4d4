import type { Caller } from '../../access/caller.ts';
import { findOwnJob } from '../../db/queries/find-job.ts';
import { findDevice } from '../../db/queries/storage-devices.ts';
import { refused } from '../../problems.ts';
import { readDefinition } from '../definition/stored.ts';
import { readState } from '../life/store.ts';
import { type PreparedChange, prepareChange } from './change.ts';
import type { Domain } from './domain.ts';

/** Finds what it comes to that a job is to have a storage device; one that it has already changes nothing. */
export async function prepareAttachment(
  domain: Pick<Domain, 'queries' | 'catalog' | 'site' | 'readAttached'>,
  actor: Caller,
  { jobId, deviceId }: { jobId: string; deviceId: string },
): Promise<PreparedChange> {
  const job = await findOwnJob(domain.queries, actor, jobId);
  await findDevice(domain.queries, actor, deviceId);
  const { storageDevices } = readDefinition(job.definition);
  const isThere = storageDevices.some(({ id }) => id === deviceId);
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
  const change = isThere ? {} : { storageDevices: [...storageDevices, { id: deviceId }] };
  return await prepareChange(domain, actor, { jobId, change });
}
