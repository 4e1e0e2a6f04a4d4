/** What the page of use asks for. */
import type { UsageBy } from '@quarry/sdk';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { quarry } from './sdk.ts';

export interface UsageWish {
  from: string;
  to: string;
  by: UsageBy;
  zone: string;
}

export const usageQuery = (wish: UsageWish) =>
  queryOptions({
    queryKey: ['usage', wish],
    queryFn: ({ signal }) => quarry.usage.get(wish, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
