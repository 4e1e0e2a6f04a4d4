import type { UsageBy, UsageReportQuery } from '@quarry/contract';
import { type RawBuilder, sql } from 'kysely';
import { type Caller, person } from '../../access/caller.ts';
import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import { containsPattern } from './contains-pattern.ts';
import { usersNamed } from './users.ts';
import { reachOf } from './visible-jobs.ts';

export type UseFilter = Pick<UsageReportQuery, 'owner' | 'project' | 'software' | 'coreType'>;

/** In seconds since the epoch; what goes on is counted until its end. */
export interface Counted {
  from: Instant;
  /** Not later than now. */
  to: Instant;
}

/** What uses of the same thing for the same price come to. */
export interface UseSum {
  /** Of software a JSON list of codes. */
  key: string | null;
  price: string;
  currency: string;
  coreSeconds: number;
  isOngoing: 0 | 1;
}

const COLUMNS = {
  project: sql<string | null>`project`,
  person: sql<string | null>`person`,
  software: sql<string | null>`software`,
  coreType: sql<string | null>`core_type`,
} satisfies Record<Exclude<UsageBy, 'day'>, unknown>;

/** Core seconds by a thing and what a core of it costs. */
export function sumUse(
  queries: Queries,
  caller: Caller,
  { by, filter, counted }: { by: Exclude<UsageBy, 'day'> | null; filter: UseFilter; counted: Counted },
): Promise<UseSum[]> {
  const key = by === null ? sql<string | null>`NULL` : COLUMNS[by];
  return chosenUses(queries, caller, { filter, counted })
    .select([key.as('key'), 'price', 'currency'])
    .select(sql<number>`sum(cores * max(0, ${endOf(counted)} - ${beginOf(counted)}))`.as('coreSeconds'))
    .select(sql<0 | 1>`max(ended IS NULL)`.as('isOngoing'))
    .groupBy([sql`1`, 'price', 'currency'])
    .execute();
}

/** Days of 24 hours that follow each other, of which the last may be of another length. */
export interface EqualDays {
  /** Number of the first. */
  first: number;
  count: number;
  /** Of the first, in seconds since the epoch. */
  begin: number;
}

const DAY_SECONDS = 86_400;

/** Uses that began on the same day and ended on the same one, for the same price. */
export interface UseOfDays {
  beginDay: number;
  endDay: number;
  price: string;
  currency: string;
  cores: number;
  /** Cores times the seconds from the beginning of what counts until they were held, and until they were not any more. */
  beginMoment: number;
  endMoment: number;
  isOngoing: 0 | 1;
}

/** What began on each day and what ended, by what a core of it costs. `days` are all of the time that counts. */
export function useOfDays(
  queries: Queries,
  caller: Caller,
  { days, filter, counted }: { days: readonly EqualDays[]; filter: UseFilter; counted: Counted },
): Promise<UseOfDays[]> {
  const begin = sql<number>`began`;
  const end = sql<number>`max(began, done)`;
  const [beginDay, endDay] = [begin, end].map((moment) => dayOf(days, moment)) as [Day, Day];
  const daysInAll = days.reduce((sum, { count }) => sum + count, 0);
  const uses = chosenUses(queries, caller, { filter, counted }).select([
    beginOf(counted).as('began'),
    endOf(counted).as('done'),
    ...(['cores', 'price', 'currency'] as const),
    sql<0 | 1>`ended IS NULL`.as('isOngoing'),
  ]);
  // Texts become numbers once for each row, and numbers days: without a limit SQLite would put what they are made of wherever they are read.
  const inDays = queries
    .selectFrom(uses.limit(EVERY).as('uses'))
    .select([beginDay.as('beginDay'), endDay.as('endDay'), 'cores', 'price', 'currency', 'isOngoing'])
    .select([momentOf(counted, begin).as('beginMoment'), momentOf(counted, end).as('endMoment')])
    .limit(EVERY);
  return (
    queries
      .selectFrom(inDays.as('uses'))
      .select(['beginDay', 'endDay', 'price', 'currency'])
      .select(({ fn }) => [
        fn.sum<number>('cores').as('cores'),
        fn.sum<number>('beginMoment').as('beginMoment'),
        fn.sum<number>('endMoment').as('endMoment'),
        fn.max('isOngoing').as('isOngoing'),
      ])
      // One number is sorted by faster than two.
      .groupBy([sql`beginDay * ${sql.lit(daysInAll)} + endDay`, 'price', 'currency'])
      .execute()
  );
}

type Day = RawBuilder<number>;
const EVERY = sql<number>`-1`;

function momentOf({ from }: Counted, moment: RawBuilder<number>) {
  return sql<number>`cores * (${moment} - ${epoch(from)})`;
}

function dayOf(days: readonly EqualDays[], at: RawBuilder<number>) {
  const cases = days
    .toReversed()
    .map(
      ({ first, count, begin }) =>
        sql`WHEN ${at} >= ${begin} THEN ${first} + min(${count - 1}, CAST((${at} - ${begin}) / ${DAY_SECONDS} AS integer))`,
    );
  return sql<number>`CASE ${sql.join(cases, sql` `)} ELSE 0 END`;
}

function epoch(instant: Instant): number {
  return Date.parse(instant) / 1000;
}

/** To the millisecond and no further, as costs of jobs have it: SQLite rounds where `Date.parse` leaves the rest away. */
function epochOf(column: 'begun' | 'ended') {
  return sql<number>`unixepoch(substr(${sql.ref(column)}, 1, 23), 'subsec')`;
}

function beginOf({ from }: Counted) {
  return sql<number>`max(${epochOf('begun')}, ${epoch(from)})`;
}

function endOf({ to }: Counted) {
  return sql<number>`min(coalesce(${epochOf('ended')}, ${epoch(to)}), ${epoch(to)})`;
}

/** Whatever was used at some time that counts, and that the caller may know of. */
function chosenUses(
  queries: Queries,
  caller: Caller,
  { filter, counted }: { filter: UseFilter; counted: Counted },
) {
  const { userId } = person(caller);
  const { owner, project, software, coreType } = filter;
  let uses = queries
    .selectFrom(allUses(queries).as('uses'))
    .where('begun', '<', counted.to)
    .where(({ or, eb }) => or([eb('ended', 'is', null), eb('ended', '>', counted.from)]));
  const reach = reachOf(caller);
  if (reach !== 'all') {
    const managed = queries
      .selectFrom('project_members')
      .where('user_id', '=', userId)
      .where('is_manager', '=', 1)
      .select('project_id');
    uses = uses.where(({ or, eb }) =>
      or([eb('person', '=', userId), ...(reach === 'managed' ? [eb('project', 'in', managed)] : [])]),
    );
  }
  if (owner) {
    uses = uses.where('person', 'in', usersNamed(queries, owner));
  }
  if (project) {
    uses = uses.where('project', '=', project);
  }
  if (software) {
    const pattern = containsPattern(JSON.stringify(software));
    uses = uses.where(sql<boolean>`software LIKE ${pattern} ESCAPE '\\'`);
  }
  if (coreType) {
    uses = uses.where('core_type', '=', coreType);
  }
  return uses;
}

/**
 * Each stretch of time for which cores were held and are charged: of jobs on clusters of their own, now and before, and of
 * persistent clusters, which the jobs on them are paid for with. Deleted jobs are among them.
 */
function allUses(queries: Queries) {
  const ofJobs = queries
    .selectFrom('jobs')
    .leftJoin('clusters', 'clusters.id', 'jobs.cluster_id')
    .select(['jobs.owner_id as person', 'jobs.project_id as project', 'jobs.core_type'])
    .select(['jobs.analysis_codes as software', 'jobs.price_per_core_hour as price', 'jobs.currency'])
    .select(sql<number>`jobs.cores_per_slot * coalesce(clusters.slots_granted, jobs.slots)`.as('cores'));
  const now = ofJobs
    .where('jobs.date_started', 'is not', null)
    .where('jobs.persistent_cluster_id', 'is', null)
    .select([sql<Instant>`jobs.date_started`.as('begun'), 'jobs.date_completed as ended']);
  const before = ofJobs
    .innerJoin('job_stretches', 'job_stretches.job_id', 'jobs.id')
    .select([
      'job_stretches.date_started as begun',
      sql<Instant | null>`job_stretches.date_ended`.as('ended'),
    ]);
  const ofClusters = queries
    .selectFrom('persistent_clusters')
    .where('date_started', 'is not', null)
    .select(['owner_id as person', 'project_id as project', 'core_type'])
    .select(
      sql<string>`(SELECT json_group_array(DISTINCT json_extract(value, '$.code')) FROM json_each(analyses))`.as(
        'software',
      ),
    )
    .select(['price_per_core_hour as price', 'currency'])
    .select(sql<number>`cores_per_slot * coalesce(slots_granted, slots)`.as('cores'))
    .select([sql<Instant>`date_started`.as('begun'), 'date_ended as ended']);
  return now.unionAll(before).unionAll(ofClusters);
}
