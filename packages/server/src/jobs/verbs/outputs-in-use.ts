import { findOutputUsers } from '../../db/queries/files-in-use.ts';
import { conflict } from '../../problems.ts';
import type { Domain } from './domain.ts';

/** Refuses what would take outputs away that are inputs of other jobs under way: their runs may still be about to read them. */
export async function refuseOutputsInUse(
  { queries }: Pick<Domain, 'queries'>,
  jobId: string,
  runs?: readonly number[],
): Promise<void> {
  const jobs = await findOutputUsers(queries, jobId, runs);
  if (jobs.length > 0) {
    throw conflict(`Outputs of this job are inputs of jobs under way: ${jobs.join(', ')}.`, {
      code: 'outputs_in_use',
      hint: 'Wait until they have ended, or stop them first.',
    });
  }
}
