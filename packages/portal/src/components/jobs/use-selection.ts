import type { JobSummary } from '@quarry/sdk';
import { useCallback, useMemo, useRef } from 'react';
import { useSearchState } from '../../ui/use-search.ts';
import { NOTHING_SELECTED, readSelection, type Selection, withJob, writeSelection } from './selection.ts';

/** The jobs that are selected in the list, by the address; `jobs` are those that are shown. */
export function useSelection(jobs: readonly JobSummary[]) {
  const [{ sel }, change] = useSearchState();
  const selection = useMemo(() => readSelection(sel), [sel]);
  // Those that were selected under other filters are known by what was shown then.
  const known = useRef(new Map<string, JobSummary>());
  for (const job of jobs) {
    known.current.set(job.id, job);
  }
  const latest = useRef({ selection, jobs });
  latest.current = { selection, jobs };
  const put = useCallback((next: Selection) => change({ sel: writeSelection(next) }), [change]);
  const select = useCallback(
    ({ id }: { id: string }, isSelected: boolean) => {
      const { selection, jobs } = latest.current;
      const shown = jobs.map((job) => job.id);
      const next = withJob(selection, id, isSelected, shown);
      // Two keys in a row come before the address has changed.
      latest.current = { selection: next, jobs };
      put(next);
    },
    [put],
  );
  return {
    selection,
    has: useMemo(() => {
      const ids = new Set(selection.isAll ? [] : selection.ids);
      return (id: string) => selection.isAll || ids.has(id);
    }, [selection]),
    /** What is known of a job that is selected. */
    find: (id: string): JobSummary | undefined => known.current.get(id),
    select,
    selectIds: (ids: readonly string[]) => put({ isAll: false, ids }),
    selectAll: () => put({ isAll: true }),
    clear: () => put(NOTHING_SELECTED),
  };
}

export type JobSelection = ReturnType<typeof useSelection>;
