import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { Search } from './search.ts';

type Change = (changes: Record<string, string | undefined>, options?: { replace?: boolean }) => void;

/** What the address says behind `?`, and how to change it; what is not named stays. */
export function useSearchState(): [Search, Change] {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const change = useCallback<Change>(
    (changes, { replace = true } = {}) => {
      void navigate({
        to: '.',
        search: (current: Search) => ({ ...current, ...changes }),
        replace,
        resetScroll: false,
      } as never);
    },
    [navigate],
  );
  return [search, change];
}
