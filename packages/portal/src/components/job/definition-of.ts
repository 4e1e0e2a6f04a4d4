import { type Job, type JobDefinition, toDefinition } from '@quarry/sdk';

/** What a job was made of, with the tags and storage devices that are not part of the original API. */
export function definitionOf(job: Job): JobDefinition {
  return {
    ...toDefinition(job),
    ...(job.userTags.length > 0 && { tags: job.userTags.map(({ name }) => name) }),
    ...(job.storageDevices && job.storageDevices.length > 0 && { storageDevices: job.storageDevices }),
  };
}
