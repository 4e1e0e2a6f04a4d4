import { type Caller, person } from '../../access/caller.ts';
import type { Queries } from '../../db/database.ts';
import { findKnownJobs, type StreamJob } from '../../db/queries/event-pages.ts';
import { reachOf } from '../../db/queries/visible-jobs.ts';

/** What a stream can be about: a job, or what somebody did to something else. */
export interface Subject {
  job: StreamJob | null;
  /** Who did it; null for the platform itself. */
  actorId: string | null;
}

/**
 * Of what is about to be sent, what the caller may see now: jobs as in lists, of all else what they did themselves. A job's owner
 * is its owner for ever; whether somebody else may see it is asked anew, since jobs and people change their projects.
 */
export async function seenBy<Item>(
  queries: Queries,
  caller: Caller,
  items: readonly Item[],
  subjectOf: (item: Item) => Subject,
): Promise<Item[]> {
  const reach = reachOf(caller);
  if (reach === 'all' || items.length === 0) {
    return [...items];
  }
  const { userId } = person(caller);
  const foreign = items.flatMap((item) => {
    const { job } = subjectOf(item);
    return job !== null && job.ownerId !== userId ? [job.id] : [];
  });
  const known =
    reach === 'managed' && foreign.length > 0
      ? await findKnownJobs(queries, caller, [...new Set(foreign)])
      : new Set<string>();
  return items.filter((item) => {
    const { job, actorId } = subjectOf(item);
    if (job === null) {
      // A job's own key learns of jobs and files, not of people and keys.
      return caller.kind === 'user' && actorId === userId;
    }
    return job.ownerId === userId || known.has(job.id);
  });
}
