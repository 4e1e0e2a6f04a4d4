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

/** Runs that a page of a job shows; the others are for pages of sweeps. */
const RUNS_SHOWN = 100;
const FILES_SHOWN = 5;
const FILES_PER_PAGE = 500;
const TAIL_LINES = 20;
export const LOG_NAME = 'process_output.log';

export const runsQuery = (jobId: string) =>
  queryOptions({
    queryKey: ['job', jobId, 'runs'],
    queryFn: ({ signal }) => quarry.jobs.runs(jobId, { page_size: RUNS_SHOWN }, { signal }).page(),
  });

export const runQuery = (jobId: string, runId: string) =>
  queryOptions({
    queryKey: ['job', jobId, 'run', runId],
    queryFn: ({ signal }) => quarry.jobs.getRun(jobId, runId, { signal }),
  });

/** All outputs of a run, by path. */
export const runFilesQuery = (jobId: string, runId: string) =>
  queryOptions({
    queryKey: ['job', jobId, 'run-files', runId],
    queryFn: async ({ signal }) => {
      const files = await quarry.jobs.runFiles(jobId, runId, { page_size: FILES_PER_PAGE }, { signal }).all();
      return files.sort((a, b) => a.relativePath.localeCompare(b.relativePath));
    },
  });

export const runDirectoryQuery = (jobId: string, runId: string) =>
  queryOptions({
    queryKey: ['job', jobId, 'run-directory', runId],
    queryFn: ({ signal }) => quarry.jobs.runDirectory(jobId, runId, { signal }),
  });

/** The newest outputs of all runs, and how many there are. */
export const jobFilesQuery = (jobId: string) =>
  queryOptions({
    queryKey: ['job', jobId, 'newest-files'],
    queryFn: ({ signal }) => quarry.jobs.files(jobId, { page_size: FILES_SHOWN }, { signal }).page(),
  });

export const logTailQuery = (jobId: string, runId: string) =>
  queryOptions({
    queryKey: ['job', jobId, 'tail', runId],
    queryFn: ({ signal }) => quarry.jobs.tail(jobId, runId, LOG_NAME, { lines: TAIL_LINES, signal }),
  });
