/** What pages ask for, by one name each; the stream of events marks by these names what has to be read anew. */

import type { Cluster, FileObject, JobDefinition, JobSummary, ListPage } from '@quarry/sdk';
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
        : nextPage<JobSummary>(pageParam, signal),
    getNextPageParam: ({ next }) => next,
  });

/** How many jobs there are of each kind, read anew with the lists. */
export const jobCountsQuery = (filters: Omit<JobListFilters, 'ordering'>) =>
  queryOptions({
    queryKey: ['jobs', 'counts', filters],
    queryFn: ({ signal }) => quarry.jobs.counts(filters, { signal }),
  });

/** What a definition would become; a refusal says the same each time. */
export const jobPreviewQuery = (definition: JobDefinition) =>
  queryOptions({
    queryKey: ['preview', definition],
    queryFn: ({ signal }) => quarry.jobs.preview(definition, { points: 0, signal }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The page that the server calls the next one. */
async function nextPage<Item>(link: string, signal: AbortSignal): Promise<ListPage<Item>> {
  return (await quarry.transport.json({
    method: 'GET',
    path: quarry.transport.ownUrl(link),
    signal,
  })) as ListPage<Item>;
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
const FILES_SHOWN = 50;
const FILES_PER_PAGE = 500;
const FILES_PER_LIST = 100;
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

export const filesQuery = (filters: { search?: string; type?: number }) =>
  infiniteQueryOptions({
    queryKey: ['files', 'list', filters],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      pageParam === null
        ? quarry.files.list({ ...filters, page_size: FILES_PER_LIST }, { signal }).page()
        : nextPage<FileObject>(pageParam, signal),
    getNextPageParam: ({ next }) => next,
  });

export const fileQuery = (fileId: string) =>
  queryOptions({
    queryKey: ['files', 'file', fileId],
    queryFn: ({ signal }) => quarry.files.get(fileId, { signal }),
  });

/** What the user has to show who they are with: keys, sessions, and themselves. */
export const keysQuery = queryOptions({
  queryKey: ['keys', 'keys'],
  queryFn: ({ signal }) => quarry.admin.listKeys({}, { signal }).all(),
});

export const sessionsQuery = queryOptions({
  queryKey: ['keys', 'sessions'],
  queryFn: ({ signal }) => quarry.sessions.list({}, { signal }).all(),
});

export const meQuery = queryOptions({
  queryKey: ['keys', 'me'],
  queryFn: ({ signal }) => quarry.users.me({ signal }),
});

export const softwareQuery = queryOptions({
  queryKey: ['catalogue', 'software'],
  queryFn: ({ signal }) => quarry.analyses.list({}, { signal }).all(),
});

export const softwareOfQuery = (code: string) =>
  queryOptions({
    queryKey: ['catalogue', 'software', code],
    queryFn: ({ signal }) => quarry.analyses.get(code, { signal }),
  });

export const hardwareQuery = queryOptions({
  queryKey: ['catalogue', 'hardware'],
  queryFn: async ({ signal }) => {
    const [types, prices] = await Promise.all([
      quarry.coreTypes.list({}, { signal }).all(),
      quarry.prices.list({ signal }).all(),
    ]);
    // Core types do not name the currency of their prices.
    return { types, currency: prices[0]?.value.currency ?? null };
  },
});

export const CLUSTER_STATES = ['running', 'waiting', 'ended', 'all'] as const;

export const clustersQuery = (state: (typeof CLUSTER_STATES)[number]) =>
  infiniteQueryOptions({
    queryKey: ['jobs', 'clusters', state],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      pageParam === null
        ? quarry.clusters.list({ state, page_size: FILES_PER_LIST }, { signal }).page()
        : nextPage<Cluster>(pageParam, signal),
    getNextPageParam: ({ next }) => next,
  });

export const devicesQuery = queryOptions({
  queryKey: ['devices', 'list'],
  queryFn: ({ signal }) => quarry.storageDevices.list({}, { signal }).all(),
});
