import type { EventStreamQuery } from '@quarry/contract';
import type { Caller } from '../../access/caller.ts';
import type { Queries } from '../../db/database.ts';
import { findKnownJobs, findKnownProjects, type StreamJob } from '../../db/queries/event-pages.ts';
import { invalidFields } from '../../problems.ts';

/** What of the stream somebody wants to hear. */
export type EventFilter = (job: StreamJob | null, verb: string) => boolean;

/** Refuses jobs and projects that the caller does not know: a filter that can never fit is a mistake. */
export async function readFilter(
  queries: Queries,
  caller: Caller,
  { job, project, verb }: EventStreamQuery,
): Promise<EventFilter> {
  const wrong: Record<string, string[]> = {};
  const refuse = (field: string, asked: readonly string[], known: ReadonlySet<string>, words: string) => {
    const unknown = asked.filter((id) => !known.has(id));
    if (unknown.length > 0) {
      wrong[field] = unknown.map((id) => `There is no ${field} "${id}" that ${words}.`);
    }
  };
  if (job) {
    refuse('job', job, await findKnownJobs(queries, caller, job), 'you may see');
  }
  if (project) {
    refuse('project', project, await findKnownProjects(queries, caller, project), 'you belong to');
  }
  if (Object.keys(wrong).length > 0) {
    throw invalidFields(wrong);
  }
  return (of, did) =>
    (!job || (of !== null && job.includes(of.id))) &&
    (!project || (of?.projectId != null && project.includes(of.projectId))) &&
    (!verb || (verb as readonly string[]).includes(did));
}
