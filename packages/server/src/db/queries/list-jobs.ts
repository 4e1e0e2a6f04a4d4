import { type JobListQuery, jobStatusOfFilter } from '@quarry/contract';
import { sql } from 'kysely';
import { type Caller, person } from '../../access/caller.ts';
import type { Queries } from '../database.ts';
import { dateKey, type ListSource, splitDateKey, type Window } from '../list-source.ts';
import { containsPattern } from './contains-pattern.ts';
import { normalizedTag } from './normalized-tag.ts';
import { visibleJobs } from './visible-jobs.ts';

/** The jobs of a list request, newest first unless another order is asked for. */
export function listJobs(queries: Queries, caller: Caller, filter: JobListQuery) {
  const { column, direction } = order(filter.ordering);

  function chosen() {
    let jobs = visibleJobs(queries, caller);
    if (filter.state === 'completed') {
      jobs = jobs.where('jobs.is_completed', '=', 1);
    }
    if (filter.state === 'not_completed') {
      jobs = jobs.where('jobs.is_completed', '=', 0);
    }
    if (filter.job_status) {
      jobs = jobs.where('jobs.status', '=', jobStatusOfFilter(filter.job_status));
    }
    if (filter.t === '1') {
      jobs = jobs.where('jobs.is_completed', '=', 0).where('jobs.status', 'is not', null);
    }
    if (filter.f === '1') {
      jobs = jobs.where('jobs.owner_id', '=', person(caller).userId);
    }
    if (filter.tag) {
      const tagged = queries.selectFrom('job_tags').where('normalized_name', '=', normalizedTag(filter.tag));
      jobs = jobs.where('jobs.id', 'in', tagged.select('job_id'));
    }
    if (filter.search) {
      jobs = jobs.where(sql<boolean>`jobs.name LIKE ${containsPattern(filter.search)} ESCAPE '\\'`);
    }
    return jobs;
  }

  const source = {
    async count() {
      const { count } = await chosen()
        .select((expression) => expression.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    rows({ limit, offset, after }: Window) {
      // The ids alone come from an index; only those of this page fetch their row.
      let ids = chosen().select('jobs.id');
      if (after !== null && column === 'date_inserted') {
        const { date, id } = splitDateKey(after);
        const beyond = direction === 'desc' ? sql`<` : sql`>`;
        ids = ids.where(sql<boolean>`(jobs.date_inserted, jobs.id) ${beyond} (${date}, ${id})`);
      }
      const page = ids
        .orderBy(`jobs.${column}`, direction)
        .orderBy('jobs.id', direction)
        .limit(limit)
        .offset(offset);
      return rowsOf(queries.selectFrom('jobs').where('jobs.id', 'in', page))
        .orderBy(`jobs.${column}`, direction)
        .orderBy('jobs.id', direction)
        .execute();
    },
    keyOf: (row: SummaryRow) => (column === 'date_inserted' ? dateKey(row.date_inserted, row.id) : null),
  };
  return source satisfies ListSource<SummaryRow>;
}

/** What a list shows of each job. */
function rowsOf(jobs: ReturnType<typeof visibleJobs>) {
  return jobs
    .innerJoin('users', 'users.id', 'jobs.owner_id')
    .select([
      'jobs.id',
      'jobs.name',
      'jobs.status',
      'jobs.state',
      'jobs.analysis_names',
      'jobs.output_bytes',
      'jobs.tags',
      'jobs.cloned_from',
      'jobs.project_id',
      'jobs.date_inserted',
      'users.email as owner',
    ])
    .select(({ selectFrom }) =>
      // An index has these runs alone.
      selectFrom('runs')
        .whereRef('runs.job_id', '=', 'jobs.id')
        .where('runs.directory', 'is not', null)
        .select(({ fn }) => fn.sum<number | null>('runs.directory_bytes').as('bytes'))
        .as('kept_bytes'),
    );
}

export type SummaryRow = Awaited<ReturnType<ReturnType<typeof rowsOf>['execute']>>[number];

function order(ordering: JobListQuery['ordering']) {
  const column = ordering?.endsWith('name') ? ('name' as const) : ('date_inserted' as const);
  return { column, direction: (ordering ?? '-').startsWith('-') ? ('desc' as const) : ('asc' as const) };
}
