import type { Quarry } from '@quarry/sdk';

/** What the list of the runs of a job is asked for, beside pages. */
export type RunFilters = Omit<NonNullable<Parameters<Quarry['jobs']['runs']>[1]>, 'page_size' | 'page'>;
