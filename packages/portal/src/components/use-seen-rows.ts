import { hashKey, type QueryKey } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';
import { liveLists } from '../api/live.ts';

/** Tells which rows of a list are in sight, so that these are read anew when there is news of them. */
export function useSeenRows(queryKey: QueryKey): (first: number, last: number) => void {
  const hash = hashKey(queryKey);
  const key = useRef(queryKey);
  key.current = queryKey;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a key is the same for as long as its hash is
  useEffect(() => {
    const { current } = key;
    return () => liveLists.see(current, null);
  }, [hash]);
  return useCallback((first, last) => liveLists.see(key.current, { first, last }), []);
}
