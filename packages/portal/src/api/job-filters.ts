import type { Quarry } from '@quarry/sdk';

/** What the list of jobs is asked for, beside pages. */
export type JobListFilters = Omit<NonNullable<Parameters<Quarry['jobs']['list']>[0]>, 'page_size' | 'page'>;
