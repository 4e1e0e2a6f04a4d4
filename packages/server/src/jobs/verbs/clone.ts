import type { ParsedJobDefinition } from '@quarry/contract';
import type { Caller } from '../../access/caller.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { readDefinition } from '../definition/stored.ts';
import type { Domain } from './domain.ts';

const NAME_CHARACTERS = 255;

/** What a clone of a job is saved with, by `saveJob`: the same definition, under another name where none is given. */
export async function definitionOfClone(
  { queries }: Pick<Domain, 'queries'>,
  actor: Caller,
  { jobId, name }: { jobId: string; name?: string },
): Promise<ParsedJobDefinition> {
  const original = await findJob(queries, actor, jobId);
  return {
    ...readDefinition(original.definition),
    name: name ?? `Copy of ${original.name}`.slice(0, NAME_CHARACTERS),
    clonedFrom: original.id,
    // It starts when it is submitted: what the original waited for has ended, or is gone.
    after: [],
  };
}
