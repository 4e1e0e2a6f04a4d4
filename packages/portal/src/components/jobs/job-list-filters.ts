import type { JobListFilters } from '../../api/job-filters.ts';
import type { Search } from '../../ui/search.ts';

/** What the list can be narrowed to by one click; the server filters, sorts and counts. */
export const LIST_STATES = ['all', 'active', 'running', 'ended'] as const;
export type ListState = (typeof LIST_STATES)[number];

const ORDERINGS = ['dateInserted', '-dateInserted', 'name', '-name'] as const;
type Ordering = (typeof ORDERINGS)[number];
const DEFAULT_ORDERING: Ordering = '-dateInserted';

const OF_STATE: Readonly<Record<ListState, JobListFilters>> = {
  all: {},
  active: { t: '1' },
  running: { job_status: 'EXECUTING' },
  ended: { state: 'completed' },
};

export interface ListView {
  state: ListState;
  text: string;
  tag: string;
  isMine: boolean;
  ordering: Ordering;
}

/** What an address asks for; what it says that is nothing here counts as not said. */
export function readListView(search: Search): ListView {
  return {
    state: LIST_STATES.find((state) => state === search.state) ?? 'all',
    text: search.q ?? '',
    tag: search.tag ?? '',
    isMine: search.mine === '1',
    ordering: ORDERINGS.find((ordering) => ordering === search.sort) ?? DEFAULT_ORDERING,
  };
}

export function toFilters({ state, text, tag, isMine, ordering }: ListView): JobListFilters {
  return {
    ...OF_STATE[state],
    ...(text !== '' && { search: text }),
    ...(tag !== '' && { tag }),
    ...(isMine && { f: '1' }),
    ordering,
  };
}

export function isNarrowed({ state, text, tag, isMine }: ListView): boolean {
  return state !== 'all' || text !== '' || tag !== '' || isMine;
}

/** The next order of a column: from as it was to its first, and from that to the other way round. */
export function nextOrdering(column: 'dateInserted' | 'name', current: Ordering): string | undefined {
  const first: Ordering = column === 'name' ? 'name' : '-dateInserted';
  const second: Ordering = column === 'name' ? '-name' : 'dateInserted';
  const next = current === first ? second : first;
  return next === DEFAULT_ORDERING ? undefined : next;
}
