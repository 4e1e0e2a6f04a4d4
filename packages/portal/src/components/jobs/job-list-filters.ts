import type { JobCounts } from '@quarry/sdk';
import type { JobListFilters } from '../../api/job-filters.ts';
import type { Search } from '../../ui/search.ts';

/** What the list can be narrowed to by one click; the server filters, sorts and counts. */
export const LIST_STATES = ['all', 'active', 'running', 'ended', 'failed'] as const;
export type ListState = (typeof LIST_STATES)[number];

/** What the list is ordered by when the head of its column is pressed, and then the other way round. */
const FIRST_ORDERINGS = {
  name: 'name',
  duration: '-duration',
  cost: '-cost',
  dateInserted: '-dateInserted',
} as const;
export type SortedColumn = keyof typeof FIRST_ORDERINGS;
const COLUMNS = Object.keys(FIRST_ORDERINGS) as SortedColumn[];
type Ordering = SortedColumn | `-${SortedColumn}`;
const ORDERINGS = COLUMNS.flatMap((column): Ordering[] => [column, `-${column}`]);
const DEFAULT_ORDERING: Ordering = '-dateInserted';

const OF_STATE: Readonly<Record<ListState, JobListFilters>> = {
  all: {},
  active: { t: '1' },
  running: { job_status: 'EXECUTING' },
  ended: { state: 'completed' },
  failed: { outcome: 'failed,walltime_exceeded' },
};

export interface ListView {
  state: ListState;
  text: string;
  tag: string;
  /** Id of the project that is shown alone; empty for all. */
  project: string;
  isMine: boolean;
  ordering: Ordering;
}

/** What an address asks for; what it says that is nothing here counts as not said. */
export function readListView(search: Search): ListView {
  return {
    state: LIST_STATES.find((state) => state === search.state) ?? 'all',
    text: search.q ?? '',
    tag: search.tag ?? '',
    project: search.project ?? '',
    isMine: search.mine === '1',
    ordering: ORDERINGS.find((ordering) => ordering === search.sort) ?? DEFAULT_ORDERING,
  };
}

export function toFilters(view: ListView): JobListFilters {
  return { ...OF_STATE[view.state], ...withoutState(view), ordering: view.ordering };
}

/** What is counted for each of the states. */
export function withoutState({
  text,
  tag,
  project,
  isMine,
}: Pick<ListView, 'text' | 'tag' | 'project' | 'isMine'>) {
  return {
    ...(text !== '' && { search: text }),
    ...(tag !== '' && { tag }),
    ...(project !== '' && { project }),
    ...(isMine && { f: '1' }),
  } satisfies JobListFilters;
}

export function isNarrowed({ state, text, tag, project, isMine }: ListView): boolean {
  return state !== 'all' || text !== '' || tag !== '' || project !== '' || isMine;
}

/** The next order of a column: from as it was to its first, and from that to the other way round. */
export function nextOrdering(column: SortedColumn, current: Ordering): string | undefined {
  const first = FIRST_ORDERINGS[column];
  const second = first === column ? (`-${column}` as const) : column;
  const next = current === first ? second : first;
  return next === DEFAULT_ORDERING ? undefined : next;
}

/** How many jobs there are of each of the states, by what the server has counted. */
export function countsOfStates({
  count,
  byStatus,
  byOutcome,
}: JobCounts): Readonly<Record<ListState, number>> {
  const sum = (counts: Partial<Record<string, number>>) =>
    Object.values(counts).reduce<number>((all, jobs = 0) => all + jobs, 0);
  return {
    all: count,
    active: sum(byStatus),
    running: byStatus.Executing ?? 0,
    ended: sum(byOutcome),
    failed: (byOutcome.failed ?? 0) + (byOutcome.walltime_exceeded ?? 0),
  };
}
