/** What pages ask for, by one name each; the stream of events marks by these names what has to be read anew. */
import { infiniteQueryOptions, QueryClient, queryOptions } from '@tanstack/react-query';
import type { JobListFilters } from './job-filters.ts';
import { quarry } from './sdk.ts';

const JOBS_PER_PAGE = 200;
const STALE_MS = 30_000;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: STALE_MS,
      retry: false,
      // Events and the return of the server say when something is worth asking again.
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      // Requests fail in words when there is no network; a paused one would just hang.
      networkMode: 'always',
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});

export const jobsQuery = (filters: JobListFilters) =>
  infiniteQueryOptions({
    queryKey: ['jobs', 'list', filters],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      pageParam === null
        ? quarry.jobs.list({ ...filters, page_size: JOBS_PER_PAGE }, { signal }).page()
        : nextPage(pageParam, signal),
    getNextPageParam: ({ next }) => next,
  });

type JobPage = Awaited<ReturnType<ReturnType<typeof quarry.jobs.list>['page']>>;

async function nextPage(link: string, signal: AbortSignal): Promise<JobPage> {
  return (await quarry.transport.json({
    method: 'GET',
    path: quarry.transport.ownUrl(link),
    signal,
  })) as JobPage;
}

export const jobQuery = (jobId: string) =>
  queryOptions({
    queryKey: ['job', jobId, 'job'],
    queryFn: ({ signal }) => quarry.jobs.get(jobId, { signal }),
  });

export const statusesQuery = (jobId: string) =>
  queryOptions({
    queryKey: ['job', jobId, 'statuses'],
    queryFn: ({ signal }) => quarry.jobs.statuses(jobId, { signal }).all(),
  });

export const clusterStatusesQuery = (jobId: string) =>
  queryOptions({
    queryKey: ['job', jobId, 'cluster-statuses'],
    queryFn: ({ signal }) => quarry.jobs.clusterStatuses(jobId, { signal }).all(),
  });
