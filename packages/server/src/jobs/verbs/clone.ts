import { type Caller, person } from '../../access/caller.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { findRestored, type RestoredInput } from '../../db/queries/restored.ts';
import { readDefinition, type WantedDefinition } from '../definition/stored.ts';
import type { Domain } from './domain.ts';

const NAME_CHARACTERS = 255;

/** A job that is to be saved. */
export interface WantedJob {
  wanted: WantedDefinition;
  /** Files of another job that its run begins with. */
  restored?: RestoredInput[];
}

/** What a clone of a job is saved with, by `saveJob`: the same definition, under another name where none is given. */
export async function wantedClone(
  { queries }: Pick<Domain, 'queries'>,
  actor: Caller,
  { jobId, name }: { jobId: string; name?: string },
): Promise<WantedJob> {
  const original = await findJob(queries, actor, jobId);
  const definition = readDefinition(original.definition);
  const wanted = {
    ...definition,
    // Whoever logs in there does so with the reach of the job's owner: the owner says who that is.
    publicKey: original.owner_id === person(actor).userId ? definition.publicKey : '',
    name: name ?? `Copy of ${original.name}`.slice(0, NAME_CHARACTERS),
    clonedFrom: original.id,
    // It starts when it is submitted: what the original waited for has ended, or is gone.
    after: [],
  };
  // One that went on from another job's files begins with them again.
  const rows = wanted.restart === null ? [] : await findRestored(queries, original.id);
  const restored = rows.map(({ id, decompress }) => ({ id, isArchive: decompress === 1 }));
  return { wanted, restored };
}
