/** What is asked for of use and cost. */
import type { UsageBy } from '@quarry/sdk';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { quarry } from './sdk.ts';

export interface UsageWish {
  from: string;
  to: string;
  by: UsageBy;
  zone: string;
  /** Only what was used in this project, by its id. */
  project?: string;
  /** Only what this user used, by their id. */
  owner?: string;
}

/** What goes on grows, without news that would tell of it. */
const ONGOING_MS = 60_000;

export const usageQuery = (wish: UsageWish) =>
  queryOptions({
    queryKey: ['usage', wish],
    queryFn: ({ signal }) => quarry.usage.get(wish, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.total.isOngoing ? ONGOING_MS : false),
  });

/** The month of somebody until now, with days as they have them. */
export function thisMonth(now = new Date()): Pick<UsageWish, 'from' | 'to' | 'zone'> {
  const to = localDate(now);
  return { from: `${to.slice(0, 8)}01`, to, zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}

/** The day where somebody is, such as `2026-01-31`. */
function localDate(date: Date): string {
  const pad = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}
