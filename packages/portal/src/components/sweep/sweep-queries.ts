import { type Job, mergeResults, type ResultsTable } from '@quarry/sdk';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { onNews } from '../../api/live.ts';
import { queryClient } from '../../api/queries.ts';
import { readAnew } from '../../api/read-anew.ts';
import { quarry } from '../../api/sdk.ts';
import { type Sweep, toSweep } from './sweep-table.ts';

/** Runs of a sweep end hundreds a second; what has changed is asked for no sooner, and no more than a tenth of the time. */
const REFRESH_MS = 1000;
const REFRESH_SHARE = 10;
/** Figures and fits take the server's processors. */
const ANALYSIS_MS = 10_000;
/** A table of ten thousand runs takes megabytes: it goes soon after its page has been left. */
const KEPT_MS = 60_000;

interface Results {
  /** As it came, to put the next changes into. */
  table: ResultsTable;
  sweep: Sweep;
  /** How long it took to get and read what had changed. */
  tookMs: number;
}

// Not below ['job', id]: what is there is read anew with each piece of news about the job.
const resultsQuery = (jobId: string) =>
  queryOptions({
    queryKey: ['sweep', jobId, 'results'],
    queryFn: async ({ signal }): Promise<Results> => {
      const begun = performance.now();
      const before = queryClient.getQueryData<Results>(['sweep', jobId, 'results']);
      const since = before?.table.mark;
      const changes = await quarry.jobs.results(jobId, { ...(since !== undefined && { since }), signal });
      if (before && changes.isWhole === false && changes.rows.length === 0) {
        return { ...before, table: { ...before.table, mark: changes.mark } };
      }
      const table = before ? mergeResults(before.table, changes) : changes;
      return { table, sweep: toSweep(table), tookMs: performance.now() - begun };
    },
    // Comparing two tables cell by cell takes longer than to draw the new one.
    structuralSharing: false,
    gcTime: KEPT_MS,
  });

/** The results of a sweep, which follow its runs while they end. */
export function useSweep(job: Job) {
  const query = useQuery({ ...resultsQuery(job.id), enabled: job.status !== null });
  const pauseMs = Math.max(REFRESH_MS, REFRESH_SHARE * (query.data?.tookMs ?? 0));
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let analysed = Date.now();
    let hasEnded = false;
    const leave = onNews((news) => {
      if (news.type === 'event' && news.event.job?.id === job.id) {
        hasEnded ||= news.event.verb === 'ended';
        timer ??= setTimeout(() => {
          timer = undefined;
          if (hasEnded || Date.now() - analysed >= ANALYSIS_MS) {
            hasEnded = false;
            analysed = Date.now();
            void queryClient.invalidateQueries({ queryKey: ['sweep-analysis', job.id] });
          }
          void readAnew(queryClient, ['sweep', job.id]);
        }, pauseMs);
      }
    });
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, [job.id, pauseMs]);
  return query;
}

export const sensitivityQuery = (jobId: string, output: string) =>
  queryOptions({
    queryKey: ['sweep-analysis', jobId, 'sensitivity', output],
    queryFn: ({ signal }) => quarry.jobs.sensitivity(jobId, { output, signal }),
    gcTime: KEPT_MS,
  });

export const surfaceQuery = (jobId: string, output: string, degree: number) =>
  queryOptions({
    queryKey: ['sweep-analysis', jobId, 'surface', output, degree],
    queryFn: ({ signal }) => quarry.jobs.responseSurface(jobId, { output, degree, signal }),
    gcTime: KEPT_MS,
  });
