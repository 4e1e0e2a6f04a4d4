/**
 * The log of events and the statuses of jobs as one stream. Each of the two is numbered in the order in which its rows
 * became visible, since the database has one writer; so a place in the stream is a number of each, and what lies behind
 * it is the same whoever asks, and when.
 */
import { sql } from 'kysely';
import { type Caller, person, seesEverything } from '../../access/caller.ts';
import type { Queries } from '../database.ts';
import type { JobStatusRow } from '../tables.ts';
import type { LoggedRow } from './list-events.ts';
import { reachOf } from './visible-jobs.ts';

/** How far somebody has come: the last number of the log of events, and of the statuses. */
export interface StreamPlace {
  event: number;
  status: number;
}

/** The job of an entry, as it is when the page is read, also when it was deleted. */
export interface StreamJob {
  id: string;
  name: string;
  ownerId: string;
  owner: string;
  projectId: string | null;
  state: string;
}

export type StreamEntry = {
  /** The place behind it. */
  place: StreamPlace;
  job: StreamJob | null;
} & ({ kind: 'logged'; row: LoggedRow } | { kind: 'status'; row: JobStatusRow; isLatest: boolean });

export interface StreamPage {
  entries: StreamEntry[];
  /** The place behind the page. */
  place: StreamPlace;
  /** Whether there was more than fits. */
  hasMore: boolean;
}

/** The place behind everything there is. */
export async function findStreamEnd(queries: Queries): Promise<StreamPlace> {
  const { event, status } = await queries
    .selectNoFrom(({ selectFrom }) => [
      selectFrom('events')
        .select(({ fn }) => fn.max<number | null>('seq').as('seq'))
        .as('event'),
      selectFrom('job_statuses')
        .select(({ fn }) => fn.max<number | null>('seq').as('seq'))
        .as('status'),
    ])
    .executeTakeFirstOrThrow();
  return { event: event ?? 0, status: status ?? 0 };
}

/** What lies behind a place, oldest first; up to `limit` of each kind. */
export async function readStreamPage(
  queries: Queries,
  after: StreamPlace,
  limit: number,
): Promise<StreamPage> {
  const logged = await readLogged(queries, after.event, limit);
  const statuses = await readStatuses(queries, after.status, limit);
  const entries: StreamEntry[] = [];
  const place = { ...after };
  let [nextLogged, nextStatus] = [0, 0];
  // Where one kind may go on behind the page, the other does not run ahead of it.
  while (
    (nextLogged < logged.length || logged.length < limit) &&
    (nextStatus < statuses.length || statuses.length < limit)
  ) {
    const log = logged[nextLogged];
    const status = statuses[nextStatus];
    if (log && (!status || log.row.at <= status.row.status_date)) {
      place.event = log.row.seq;
      entries.push({ kind: 'logged', ...log, place: { ...place } });
      nextLogged += 1;
    } else if (status) {
      place.status = status.row.seq;
      entries.push({ kind: 'status', ...status, place: { ...place } });
      nextStatus += 1;
    } else {
      break;
    }
  }
  return { entries, place, hasMore: logged.length === limit || statuses.length === limit };
}

const JOB_COLUMNS = [
  'jobs.id as jobId',
  'jobs.name as jobName',
  'jobs.owner_id as ownerId',
  'jobs.project_id as projectId',
  'jobs.state as state',
] as const;

interface JobColumns {
  jobId: string | null;
  jobName: string | null;
  ownerId: string | null;
  owner: string | null;
  projectId: string | null;
  state: string | null;
}

function splitJob<Row extends JobColumns>({
  jobId,
  jobName,
  ownerId,
  owner,
  projectId,
  state,
  ...row
}: Row): { row: Omit<Row, keyof JobColumns>; job: StreamJob | null } {
  const job =
    jobId === null
      ? null
      : { id: jobId, name: jobName!, ownerId: ownerId!, owner: owner!, projectId, state: state! };
  return { row, job };
}

async function readLogged(queries: Queries, after: number, limit: number) {
  const rows = await queries
    .selectFrom('events')
    .leftJoin('users as actors', 'actors.id', 'events.actor_id')
    .leftJoin('jobs', (join) =>
      join.on(sql<boolean>`jobs.id = substr(events.subject, 5) AND events.subject LIKE 'job:%'`),
    )
    .leftJoin('users as owners', 'owners.id', 'jobs.owner_id')
    .where('events.seq', '>', after)
    .orderBy('events.seq')
    .limit(limit)
    .select(['events.seq', 'events.at', 'actor_id', 'subject', 'verb', 'detail'])
    .select(['actors.email', 'owners.email as owner', ...JOB_COLUMNS])
    .execute();
  return rows.map((row) => splitJob(row));
}

async function readStatuses(queries: Queries, after: number, limit: number) {
  const rows = await queries
    .selectFrom('job_statuses')
    .innerJoin('jobs', 'jobs.id', 'job_statuses.job_id')
    .innerJoin('users as owners', 'owners.id', 'jobs.owner_id')
    .where('job_statuses.seq', '>', after)
    .orderBy('job_statuses.seq')
    .limit(limit)
    .selectAll('job_statuses')
    .select(['owners.email as owner', ...JOB_COLUMNS])
    .select(({ selectFrom }) =>
      selectFrom('job_statuses as others')
        .whereRef('others.job_id', '=', 'jobs.id')
        .select(({ fn }) => fn.max<number>('others.seq').as('seq'))
        .as('latest'),
    )
    .execute();
  return rows.map(({ latest, ...columns }) => {
    const { row, job } = splitJob(columns);
    return { row, job, isLatest: latest === row.seq };
  });
}

/** Jobs that have been submitted and have not ended or, where some are named, those that have been submitted. */
export function findSubmittedJobs(queries: Queries, ids: readonly string[] | null): Promise<StreamJob[]> {
  const submitted = queries
    .selectFrom('jobs')
    .innerJoin('users', 'users.id', 'jobs.owner_id')
    .where('jobs.deleted_at', 'is', null)
    .where('jobs.date_submitted', 'is not', null);
  const chosen = ids ? submitted.where('jobs.id', 'in', ids) : submitted.where('jobs.is_completed', '=', 0);
  return chosen
    .select([
      'jobs.id',
      'jobs.name',
      'jobs.owner_id as ownerId',
      'jobs.project_id as projectId',
      'jobs.state',
    ])
    .select('users.email as owner')
    .execute();
}

/** The projects that a user manages. */
async function findManagedProjects(queries: Queries, userId: string): Promise<Set<string>> {
  const rows = await queries
    .selectFrom('project_members')
    .where('user_id', '=', userId)
    .where('is_manager', '=', 1)
    .select('project_id')
    .execute();
  return new Set(rows.map(({ project_id }) => project_id));
}

/** Of these jobs, those that a caller may see or, where they were deleted, could see. */
export async function findKnownJobs(
  queries: Queries,
  caller: Caller,
  ids: readonly string[],
): Promise<Set<string>> {
  const reach = reachOf(caller);
  const { userId } = person(caller);
  const managed = reach === 'managed' ? await findManagedProjects(queries, userId) : new Set();
  const rows = await queries
    .selectFrom('jobs')
    .where('id', 'in', ids)
    .select(['id', 'owner_id', 'project_id'])
    .execute();
  const isSeen = (row: (typeof rows)[number]) =>
    reach === 'all' || row.owner_id === userId || managed.has(row.project_id);
  return new Set(rows.filter(isSeen).map(({ id }) => id));
}

/** Of these projects, those that a caller belongs to; for administrators all that there are. */
export async function findKnownProjects(
  queries: Queries,
  caller: Caller,
  ids: readonly string[],
): Promise<Set<string>> {
  const projects = queries.selectFrom('projects').where('id', 'in', ids);
  const known = seesEverything(caller)
    ? projects
    : projects.where('id', 'in', ({ selectFrom }) =>
        selectFrom('project_members').where('user_id', '=', person(caller).userId).select('project_id'),
      );
  return new Set((await known.select('id').execute()).map(({ id }) => id));
}
