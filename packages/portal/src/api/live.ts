/**
 * News by one stream for the whole browser: the tab that holds the lock reads it and hands on what comes. When that tab is
 * closed, another one gets the lock and goes on behind the last event that it has seen. News only mark what has to be read
 * anew: what is shown is always what the server has answered.
 */
import type { JobSummary, ListPage, PlatformEvent, PlatformNews } from '@quarry/sdk';
import type { InfiniteData } from '@tanstack/react-query';
import { pause } from '../ui/pause.ts';
import { whenBack } from './connection.ts';
import { LiveLists } from './live-lists.ts';
import { queryClient } from './queries.ts';
import { readAnew } from './read-anew.ts';
import { quarry } from './sdk.ts';

/** News of a moment are taken together: a sweep tells of hundreds of runs in a second. */
const GATHER_MS = 500;
const RESTART_MS = 5000;
const LIST_REFRESH_MS = 5000;

type JobPages = InfiniteData<ListPage<JobSummary>>;

/** The lists that news change; pages tell them which rows are in sight. */
export const liveLists = new LiveLists(queryClient);

type Listener = (news: PlatformNews) => void;
const listeners = new Set<Listener>();

/** Calls `listener` with each of the news while a component wants them. */
export function onNews(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Follows everything that `userId` may see until `signal` aborts. */
export function followNews(userId: string, signal: AbortSignal): void {
  const name = `quarry.events.${userId}`;
  const channel = new BroadcastChannel(name);
  let lastId: string | undefined;
  const gathered = gather(signal);

  const take = (news: PlatformNews) => {
    const id = news.type === 'event' ? news.event.id : news.id;
    lastId = id ?? lastId;
    gathered.add(news);
    for (const listener of [...listeners]) {
      listener(news);
    }
  };
  channel.onmessage = ({ data }: MessageEvent<PlatformNews>) => take(data);

  const read = async () => {
    for await (const news of quarry.events({ after: lastId, signal })) {
      channel.postMessage(news);
      take(news);
    }
  };
  const keepReading = async () => {
    while (!signal.aborted) {
      await read().catch(() => undefined);
      await pause(RESTART_MS, signal);
    }
  };

  const leaveBack = whenBack(() => void queryClient.invalidateQueries());
  signal.addEventListener('abort', () => {
    leaveBack();
    channel.close();
  });
  // There are no locks on plain HTTP from another host: there each tab has a stream of its own.
  const leading = navigator.locks ? navigator.locks.request(name, { signal }, keepReading) : keepReading();
  leading.catch(() => undefined);
}

/** Puts what has come into lists, and marks stale what has to be read anew, now and then. */
function gather(signal: AbortSignal) {
  const jobs = new Set<string>();
  /** Jobs whose runs are to be listed anew. */
  const ofRuns = new Set<string>();
  let isAll = false;
  let areOthers = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let listTimer: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    clearTimeout(listTimer);
  });

  const flush = () => {
    timer = undefined;
    if (isAll) {
      void queryClient.invalidateQueries();
    }
    for (const jobId of jobs) {
      void readAnew(queryClient, ['job', jobId]);
    }
    if (areOthers) {
      for (const name of ['files', 'keys', 'devices', 'users', 'projects', 'managed-projects']) {
        void queryClient.invalidateQueries({ queryKey: [name] });
      }
    }
    jobs.clear();
    isAll = false;
    areOthers = false;
  };
  const refreshLists = () => {
    listTimer = undefined;
    liveLists.refresh(['jobs']);
    for (const jobId of ofRuns) {
      liveLists.refresh(['runs', jobId]);
    }
    ofRuns.clear();
  };

  return {
    add: (news: PlatformNews) => {
      if (news.type !== 'event') {
        isAll = true;
      } else if (news.event.job) {
        jobs.add(news.event.job.id);
        ofRuns.add(news.event.job.id);
        patchLists(news.event);
        listTimer ??= setTimeout(refreshLists, LIST_REFRESH_MS);
      } else {
        areOthers = true;
      }
      timer ??= setTimeout(flush, GATHER_MS);
    },
  };
}

/** Rows of lists change with the news themselves: to read lists anew for each of them would be too much. */
function patchLists({ verb, job, detail }: PlatformEvent): void {
  const isGone = verb === 'deleted';
  if (!isGone && verb !== 'status' && verb !== 'ended' && verb !== 'progress') {
    return;
  }
  const patch = (row: JobSummary): JobSummary =>
    verb === 'progress'
      ? { ...row, progress: detail as JobSummary['progress'] }
      : {
          ...row,
          jobStatus: { ...row.jobStatus, content: String(detail.status ?? row.jobStatus.content) },
          waiting: null,
          ...(verb === 'ended' && {
            outcome: detail.outcome as JobSummary['outcome'],
            failureCode: (detail.failure as { code: string } | null | undefined)?.code ?? null,
            progress: detail.progress as JobSummary['progress'],
          }),
        };
  liveLists.change(['jobs', 'list'], (data) => {
    const { pages } = data as JobPages;
    if (!pages.some(({ results }) => results.some(({ id }) => id === job?.id))) {
      return data;
    }
    return {
      ...data,
      pages: pages.map((page) => ({
        ...page,
        results: isGone
          ? page.results.filter(({ id }) => id !== job?.id)
          : page.results.map((row) => (row.id === job?.id ? patch(row) : row)),
      })),
    };
  });
}
