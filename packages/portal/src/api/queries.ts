/** What pages ask for, by one name each; the stream of events marks by these names what has to be read anew. */

import type {
  Cluster,
  FileObject,
  JobDefinition,
  JobSummary,
  JobTemplateSummary,
  ListPage,
  Run,
} from '@quarry/sdk';
import { infiniteQueryOptions, QueryClient, queryOptions } from '@tanstack/react-query';
import type { JobListFilters } from './job-filters.ts';
import { stateOf } from './job-state.ts';
import type { RunFilters } from './run-filters.ts';
import { quarry } from './sdk.ts';

const ROWS_PER_PAGE = 200;
const JOBS_AT_ONCE = 1000;
const STALE_MS = 30_000;
/** Each definition that was typed has one of its own. */
const PREVIEW_KEPT_MS = 60_000;
/** As often as sites look at what runs use. */
const USAGE_MS = 10_000;
/** A directory may hold very many files, and the server walks through them. */
const DIRECTORY_MS = 30_000;

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
        ? quarry.jobs.list({ ...filters, page_size: ROWS_PER_PAGE }, { signal }).page()
        : nextPage<JobSummary>(pageParam, signal),
    getNextPageParam: ({ next }) => next,
  });

/** The first jobs of a list, as many as one request does something to; looked up each time that something is to be done. */
export const selectedJobsQuery = (filters: JobListFilters) =>
  queryOptions({
    queryKey: ['jobs', 'selected', filters],
    queryFn: async ({ signal }) => {
      const { results } = await quarry.jobs.list({ ...filters, page_size: JOBS_AT_ONCE }, { signal }).page();
      return results;
    },
    staleTime: 0,
    gcTime: 0,
  });

/** What the first page shows of one's own jobs at most, of each kind. */
const JOBS_TODAY = 50;
const DAY_MS = 86_400_000;

/** One's own jobs that are under way, by whether they wait yet. */
export const activeJobsQuery = queryOptions({
  queryKey: ['jobs', 'active'],
  queryFn: async ({ signal }) => {
    const page = await quarry.jobs.list({ t: '1', f: '1', page_size: JOBS_TODAY }, { signal }).page();
    const { results, count } = page;
    const isWaiting = ({ jobStatus }: JobSummary) =>
      stateOf({ status: jobStatus.content, outcome: null }) === 'waiting';
    return {
      running: results.filter((job) => !isWaiting(job)),
      waiting: results.filter(isWaiting),
      shown: results.length,
      count,
    };
  },
});

/** One's own jobs that have ended in the last 24 hours, the latest first. */
export const endedJobsQuery = queryOptions({
  queryKey: ['jobs', 'ended'],
  queryFn: async ({ signal }) => {
    const endedFrom = new Date(Date.now() - DAY_MS).toISOString();
    const page = await quarry.jobs.list({ f: '1', endedFrom, page_size: JOBS_TODAY }, { signal }).page();
    const results = page.results.toSorted((a, b) =>
      (b.dateCompleted ?? '').localeCompare(a.dateCompleted ?? ''),
    );
    return { ...page, results };
  },
});

/** How many jobs there are of each kind, read anew with the lists. */
export const jobCountsQuery = (filters: Omit<JobListFilters, 'ordering'>) =>
  queryOptions({
    queryKey: ['jobs', 'counts', filters],
    queryFn: ({ signal }) => quarry.jobs.counts(filters, { signal }),
  });

/** Points that a form shows of a sweep. */
const POINTS_SHOWN = 20;

/** What a definition would become, and its templates in a run; a refusal says the same each time. */
export const jobPreviewQuery = (definition: JobDefinition, run = 1) =>
  queryOptions({
    queryKey: ['preview', definition, run],
    queryFn: ({ signal }) => quarry.jobs.preview(definition, { run, points: POINTS_SHOWN, signal }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: PREVIEW_KEPT_MS,
  });

/** Schemas of the API by their names, from the server's own description of it. */
export async function apiSchemas() {
  const document = (await queryClient.fetchQuery({
    queryKey: ['schemas'],
    queryFn: () => quarry.transport.json({ method: 'GET', path: '/api/v2/openapi.json' }),
    staleTime: Number.POSITIVE_INFINITY,
  })) as { components: { schemas: Record<string, object> } };
  return document.components.schemas;
}

/** The page that the server calls the next one. */
export async function nextPage<Item>(link: string, signal: AbortSignal): Promise<ListPage<Item>> {
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

/** Runs of a job as they are narrowed and ordered; read anew now and then, since a sweep ends hundreds of them in a second. */
export const runListQuery = (jobId: string, filters: RunFilters) =>
  infiniteQueryOptions({
    queryKey: ['runs', jobId, filters],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      pageParam === null
        ? quarry.jobs.runs(jobId, { ...filters, page_size: ROWS_PER_PAGE }, { signal }).page()
        : nextPage<Run>(pageParam, signal),
    getNextPageParam: ({ next }) => next,
  });

/** What a run that executes has used until now. */
export const runUsageQuery = (jobId: string, runId: string) =>
  queryOptions({
    queryKey: ['job', jobId, 'run-usage', runId],
    queryFn: ({ signal }) => quarry.jobs.runUsage(jobId, runId, { signal }),
    refetchInterval: USAGE_MS,
  });

/** All outputs of a run that has ended, by path: news of other runs of its job change nothing of them, news of files may. */
export const runFilesQuery = (jobId: string, run: RunEnd) =>
  queryOptions({
    queryKey: ['files', 'of-run', jobId, run.id, endOf(run)],
    queryFn: async ({ signal }) => {
      const files = await quarry.jobs
        .runFiles(jobId, run.id, { page_size: FILES_PER_PAGE }, { signal })
        .all();
      return files.sort((a, b) => a.relativePath.localeCompare(b.relativePath));
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What lies in the directory of a run that executes; no news tell of that. */
export const runDirectoryQuery = (jobId: string, run: RunEnd) =>
  queryOptions({
    queryKey: ['run-directory', jobId, run.id, endOf(run)],
    queryFn: ({ signal }) => quarry.jobs.runDirectory(jobId, run.id, { signal }),
    refetchInterval: DIRECTORY_MS,
  });

type RunEnd = Pick<Run, 'id' | 'attempt' | 'dateCompleted' | 'outputFileCount'>;

/** Another one once a run is executed again, and once more of it is collected. */
function endOf({ attempt = 1, dateCompleted, outputFileCount }: RunEnd) {
  return { attempt, dateCompleted, outputFileCount };
}

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

/** A file of text as a whole; ask for small ones only. */
export const fileTextQuery = (fileId: string) =>
  queryOptions({
    queryKey: ['file-text', fileId],
    queryFn: ({ signal }) => quarry.files.text(fileId, { signal }),
    // The bytes of a file never change.
    staleTime: Number.POSITIVE_INFINITY,
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

export interface TemplateFilters {
  search?: string;
  archived?: boolean;
}

export const templatesQuery = (filters: TemplateFilters) =>
  infiniteQueryOptions({
    queryKey: ['templates', 'list', filters],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      pageParam === null
        ? quarry.jobTemplates.list({ ...filters, page_size: FILES_PER_LIST }, { signal }).page()
        : nextPage<JobTemplateSummary>(pageParam, signal),
    getNextPageParam: ({ next }) => next,
  });

export const templateQuery = (templateId: string, version?: number) =>
  queryOptions({
    queryKey: ['templates', 'template', templateId, version ?? 'newest'],
    queryFn: ({ signal }) =>
      quarry.jobTemplates.get(templateId, { signal, ...(version !== undefined && { version }) }),
  });

export const templateVersionsQuery = (templateId: string) =>
  queryOptions({
    queryKey: ['templates', 'versions', templateId],
    queryFn: ({ signal }) => quarry.jobTemplates.versions(templateId, { signal }).all(),
  });

/** What a filled-in form would become; a refusal says the same each time. Values are JSON. */
export const templatePreviewQuery = (templateId: string, version: number, values: string) =>
  queryOptions({
    queryKey: ['templates', 'preview', templateId, version, values],
    queryFn: ({ signal }) => quarry.jobTemplates.preview(templateId, JSON.parse(values), { version, signal }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
