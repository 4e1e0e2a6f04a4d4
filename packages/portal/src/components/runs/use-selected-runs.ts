import { useCallback, useMemo, useRef } from 'react';
import { useSearchState } from '../../ui/use-search.ts';
import { readSelectedRuns, writeSelectedRuns } from './run-view.ts';

/** The runs that are selected in the list, by the address. */
export function useSelectedRuns() {
  const [{ sel }, change] = useSearchState();
  const ids = useMemo(() => readSelectedRuns(sel), [sel]);
  const latest = useRef(ids);
  latest.current = ids;
  const put = useCallback(
    (next: string[]) => {
      // Two clicks in a row come before the address has changed.
      latest.current = next;
      change({ sel: writeSelectedRuns(next) });
    },
    [change],
  );
  const select = useCallback(
    (runId: string, isSelected: boolean) => {
      const others = latest.current.filter((id) => id !== runId);
      put(isSelected ? [...others, runId] : others);
    },
    [put],
  );
  return {
    selected: useMemo<ReadonlySet<string>>(() => new Set(ids), [ids]),
    select,
    clear: useCallback(() => put([]), [put]),
  };
}
