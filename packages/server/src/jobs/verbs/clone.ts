import type { ParsedJobDefinition } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
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
  const definition = readDefinition(original.definition);
  return {
    ...definition,
    // Whoever logs in there does so with the reach of the job's owner: the owner says who that is.
    publicKey: original.owner_id === person(actor).userId ? definition.publicKey : '',
    name: name ?? `Copy of ${original.name}`.slice(0, NAME_CHARACTERS),
    clonedFrom: original.id,
  };
}
