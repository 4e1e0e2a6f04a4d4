import type { Dependency } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
import type { Queries } from '../../db/database.ts';
import { findDependencies, findNamedJobs } from '../../db/queries/job-dependencies.ts';
import { reachOf } from '../../db/queries/visible-jobs.ts';
import type { StoredDefinition } from '../../jobs/definition/stored.ts';

/** The jobs that a job is to start after, as far as the caller may see them. */
export async function dependenciesToWire(
  queries: Queries,
  caller: Caller,
  { id: jobId }: { id: string },
  { after }: Pick<StoredDefinition, 'after'>,
): Promise<Dependency[]> {
  if (after.length === 0) {
    return [];
  }
  const reach = { reach: reachOf(caller), userId: person(caller).userId };
  const ids = after.map((each) => each.jobId);
  const [found, named] = await Promise.all([
    findDependencies(queries, { jobId }),
    findNamedJobs(queries, reach, ids),
  ]);
  const verdicts = new Map(found.map(({ onJobId, verdict }) => [onJobId, verdict]));
  const jobs = new Map(named.map((job) => [job.id, job]));
  return after.map(({ jobId: id, on }) => {
    const verdict = verdicts.get(id) ?? null;
    return {
      jobId: id,
      on,
      fulfilled: verdict === 'met' ? true : verdict === 'failed' ? false : null,
      name: jobs.get(id)?.name ?? null,
      status: (jobs.get(id)?.status ?? null) as Dependency['status'],
    };
  });
}
