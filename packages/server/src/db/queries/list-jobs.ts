import { type JobFilter, type JobListQuery, type JobOrder, jobStatusOfFilter } from '@quarry/contract';
import { sql } from 'kysely';
import { type Caller, person } from '../../access/caller.ts';
import { type Instant, toInstant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import { dateKey, type ListSource, splitDateKey, type Window } from '../list-source.ts';
import { containsPattern } from './contains-pattern.ts';
import { normalizedTag } from './normalized-tag.ts';
import { usersNamed } from './users.ts';
import { visibleJobs } from './visible-jobs.ts';

const DATE_ONLY = /^\d{4}-\d\d-\d\d$/;
const DAY_MS = 86_400_000;

/** The jobs of a list request, newest first unless another order is asked for; `now` is up to when those that execute count. */
export function listJobs(queries: Queries, caller: Caller, filter: JobListQuery, now: Instant) {
  const { by, direction } = order(filter.ordering);

  const source = {
    async count() {
      const { count } = await chosenJobs(queries, caller, filter)
        .select((expression) => expression.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async rows({ limit, offset, after }: Window) {
      // The ids alone come from an index; only those of this page fetch their row.
      let ids = chosenJobs(queries, caller, filter)
        .$if(by === 'cost', (jobs) => jobs.leftJoin('clusters', 'clusters.id', 'jobs.cluster_id'))
        .$if(by === 'owner', (jobs) => jobs.innerJoin('users', 'users.id', 'jobs.owner_id'))
        .select('jobs.id');
      if (after !== null && by === 'dateInserted') {
        const { date, id } = splitDateKey(after);
        const beyond = direction === 'desc' ? sql`<` : sql`>`;
        ids = ids.where(sql<boolean>`(jobs.date_inserted, jobs.id) ${beyond} (${date}, ${id})`);
      }
      const page = await ids
        .orderBy(ORDERS[by](now), direction)
        // As an expression, it does not tempt the planner to an index that has the order of ids and not the figures.
        .orderBy(isWorkedOut(by) ? sql`jobs.id || ''` : sql`jobs.id`, direction)
        .limit(limit)
        .offset(offset)
        .execute();
      if (page.length === 0) {
        return [];
      }
      const rows = await rowsOf(
        queries,
        page.map(({ id }) => id),
      ).execute();
      const byId = new Map(rows.map((row) => [row.id, row]));
      return page.flatMap(({ id }) => byId.get(id) ?? []);
    },
    keyOf: (row: SummaryRow) => (by === 'dateInserted' ? dateKey(row.date_inserted, row.id) : null),
  };
  return source satisfies ListSource<SummaryRow>;
}

/** How many of these jobs there are by status and outcome. */
export function countJobs(queries: Queries, caller: Caller, filter: JobFilter) {
  return chosenJobs(queries, caller, filter)
    .groupBy(['jobs.status', 'jobs.outcome'])
    .select(({ fn }) => ['jobs.status', 'jobs.outcome', fn.countAll<number>().as('jobs')])
    .execute();
}

function chosenJobs(queries: Queries, caller: Caller, filter: JobFilter) {
  let jobs = visibleJobs(queries, caller);
  if (filter.state) {
    jobs = jobs.where('jobs.is_completed', '=', filter.state === 'completed' ? 1 : 0);
  }
  if (filter.job_status) {
    jobs = jobs.where('jobs.status', '=', jobStatusOfFilter(filter.job_status));
  }
  if (filter.outcome) {
    jobs = jobs.where('jobs.outcome', 'in', filter.outcome);
  }
  if (filter.t === '1') {
    jobs = jobs.where('jobs.is_completed', '=', 0).where('jobs.status', 'is not', null);
  }
  if (filter.f === '1') {
    jobs = jobs.where('jobs.owner_id', '=', person(caller).userId);
  }
  if (filter.owner) {
    jobs = jobs.where('jobs.owner_id', 'in', usersNamed(queries, filter.owner));
  }
  if (filter.project) {
    jobs = jobs.where('jobs.project_id', '=', filter.project);
  }
  if (filter.software) {
    const pattern = containsPattern(JSON.stringify(filter.software));
    jobs = jobs.where(sql<boolean>`jobs.analysis_codes LIKE ${pattern} ESCAPE '\\'`);
  }
  if (filter.coreType) {
    jobs = jobs.where('jobs.core_type', '=', filter.coreType);
  }
  if (filter.from) {
    jobs = jobs.where('jobs.date_inserted', '>=', toInstant(filter.from));
  }
  if (filter.to) {
    jobs = jobs.where('jobs.date_inserted', '<', endOf(filter.to));
  }
  if (filter.endedFrom) {
    // An index has these alone; few of them are looked at.
    const ended = queries
      .selectFrom('jobs as ended')
      .where('ended.deleted_at', 'is', null)
      .where('ended.date_completed', '>=', toInstant(filter.endedFrom));
    jobs = jobs.where('jobs.id', 'in', ended.select('ended.id'));
  }
  if (filter.tag) {
    const tagged = queries.selectFrom('job_tags').where('normalized_name', '=', normalizedTag(filter.tag));
    jobs = jobs.where('jobs.id', 'in', tagged.select('job_id'));
  }
  if (filter.search) {
    const pattern = containsPattern(filter.search);
    jobs = jobs.where(sql<boolean>`(jobs.name LIKE ${pattern} ESCAPE '\\' OR jobs.id = ${filter.search})`);
  }
  return jobs;
}

function endOf(text: string): Instant {
  const at = Date.parse(text);
  return toInstant(new Date(DATE_ONLY.test(text) ? at + DAY_MS : at).toISOString());
}

/** What a list is ordered by. What executes goes on until `now`. */
const ORDERS = {
  dateInserted: () => sql`jobs.date_inserted`,
  name: () => sql`jobs.name`,
  owner: () => sql`users.email`,
  status: () => sql`jobs.status`,
  duration,
  cost: (now) =>
    sql`${paid(now)} * jobs.price_per_core_hour * jobs.cores_per_slot * coalesce(clusters.slots_granted, jobs.slots)`,
} satisfies Record<JobOrder, (now: Instant) => unknown>;

function isWorkedOut(by: JobOrder): boolean {
  return by === 'duration' || by === 'cost';
}

/** As `cost` of a job has it: what is executed on a persistent cluster is paid for with that. */
function paid(now: Instant) {
  return sql`CASE WHEN jobs.persistent_cluster_id IS NULL THEN ${duration(now)} - jobs.covered_seconds ELSE jobs.used_seconds END`;
}

function duration(now: Instant) {
  const since = sql`max(0, julianday(${now}) - julianday(jobs.date_started)) * 86400`;
  return sql`coalesce(jobs.executed_seconds, jobs.used_seconds + jobs.covered_seconds + coalesce(${since}, 0))`;
}

/** What a list shows of each job. */
function rowsOf(queries: Queries, ids: readonly string[]) {
  return queries
    .selectFrom('jobs')
    .where('jobs.id', 'in', ids)
    .innerJoin('users', 'users.id', 'jobs.owner_id')
    .leftJoin('clusters', 'clusters.id', 'jobs.cluster_id')
    .leftJoin('projects', 'projects.id', 'jobs.project_id')
    .select([
      'jobs.id',
      'jobs.name',
      'jobs.status',
      'jobs.state',
      'jobs.waiting',
      'jobs.analysis_names',
      'jobs.output_bytes',
      'jobs.tags',
      'jobs.cloned_from',
      'jobs.project_id',
      'jobs.core_type',
      'jobs.cores_per_slot',
      'jobs.slots',
      'jobs.walltime_seconds',
      'jobs.price_per_core_hour',
      'jobs.currency',
      'jobs.used_seconds',
      'jobs.covered_seconds',
      'jobs.persistent_cluster_id',
      'jobs.date_started',
      'jobs.date_completed',
      'jobs.date_inserted',
      'users.email as owner',
      'clusters.slots_granted',
      'projects.name as project_name',
    ])
    .select(({ selectFrom }) => [
      // An index has these runs alone.
      selectFrom('runs')
        .whereRef('runs.job_id', '=', 'jobs.id')
        .where('runs.directory', 'is not', null)
        .select(({ fn }) => fn.sum<number | null>('runs.directory_bytes').as('bytes'))
        .as('kept_bytes'),
      selectFrom('snapshots')
        .innerJoin('files', 'files.id', 'snapshots.file_id')
        .whereRef('snapshots.job_id', '=', 'jobs.id')
        .where('files.deleted_at', 'is', null)
        .select(({ fn }) => fn.sum<number | null>('files.size_bytes').as('bytes'))
        .as('snapshot_bytes'),
      selectFrom('runs')
        .whereRef('runs.job_id', '=', 'jobs.id')
        .where('runs.number', '=', sql<number>`CAST(json_extract(jobs.optimization, '$.bestRun') AS integer)`)
        .select('runs.results')
        .as('best_results'),
      sql<string | null>`json_extract(jobs.optimization, '$.bestRun')`.as('best_run'),
      sql<string | null>`json_extract(jobs.definition, '$.optimizer.objective.name')`.as('objective'),
    ]);
}

export type SummaryRow = Awaited<ReturnType<ReturnType<typeof rowsOf>['execute']>>[number];

function order(ordering: JobListQuery['ordering'] = '-dateInserted') {
  const isDescending = ordering.startsWith('-');
  return {
    by: (isDescending ? ordering.slice(1) : ordering) as JobOrder,
    direction: isDescending ? ('desc' as const) : ('asc' as const),
  };
}
