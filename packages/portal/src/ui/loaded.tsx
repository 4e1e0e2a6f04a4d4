import { NotFoundError } from '@quarry/sdk';
import type { UseQueryResult } from '@tanstack/react-query';
import { notFound } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ErrorState } from './error-state.tsx';
import { Loading } from './loading.tsx';

interface LoadedProps<T> {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>;
  /** Stands in place of what is loaded until it is there. */
  skeleton?: ReactNode;
  /** Whether the page is about what is asked for: then there is no such page where there is no such thing. */
  isSubject?: boolean;
  children: (data: T) => ReactNode;
}

/** Shows what a query has brought; before that its shape, and what went wrong. Old data stay while new are asked for. */
export function Loaded<T>({ query, skeleton, isSubject = false, children }: LoadedProps<T>) {
  if (isSubject && query.error instanceof NotFoundError) {
    throw notFound();
  }
  if (query.data !== undefined) {
    return children(query.data);
  }
  if (query.error) {
    return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  }
  return skeleton ?? <Loading />;
}
