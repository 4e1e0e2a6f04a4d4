import { Button } from '@mantine/core';
import type { JobSummary } from '@quarry/sdk';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import { jobCountsQuery, jobsQuery } from '../api/queries.ts';
import { JobFiltersBar } from '../components/jobs/job-filters-bar.tsx';
import {
  countsOfStates,
  isNarrowed,
  nextOrdering,
  readListView,
  toFilters,
  withoutState,
} from '../components/jobs/job-list-filters.ts';
import { JobTable, type JobTableHandle } from '../components/jobs/job-table.tsx';
import { type Asked, SelectionBar } from '../components/jobs/selection-bar.tsx';
import { useJobActions } from '../components/jobs/use-job-actions.ts';
import { useNewJobs } from '../components/jobs/use-new-jobs.ts';
import { useSelection } from '../components/jobs/use-selection.ts';
import { useSeenRows } from '../components/use-seen-rows.ts';
import { paths } from '../paths.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { KeysHelp } from '../ui/keys-help.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Loading } from '../ui/loading.tsx';
import { Page } from '../ui/page.tsx';
import { uniqueById } from '../ui/unique.ts';
import { useKeys } from '../ui/use-keys.ts';
import { useSearchState } from '../ui/use-search.ts';
import { formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';

/** All jobs that somebody may see; the server filters, sorts and counts them. */
export function JobsPage() {
  const text = words.jobs;
  const [search, changeSearch] = useSearchState();
  const view = readListView(search);
  const query = useInfiniteQuery(jobsQuery(toFilters(view)));
  const counts = useQuery(jobCountsQuery(withoutState(view)));
  const news = useNewJobs();
  const all = useMemo(
    () => uniqueById(query.data?.pages.flatMap(({ results }) => results) ?? []),
    [query.data],
  );
  const jobs = useMemo(() => all.filter(({ id }) => !news.ids.has(id)), [all, news.ids]);
  const count = query.data?.pages[0]?.count ?? 0;
  const chosen = useSelection(jobs);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const table = useRef<JobTableHandle>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const actions = useJobActions();
  const navigate = useNavigate();

  /** All that match are others under other filters. */
  const changeFilters = useCallback(
    (changes: Record<string, string | undefined>) =>
      changeSearch({ ...changes, ...(search.sel === 'all' && { sel: undefined }) }),
    [changeSearch, search.sel],
  );
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const readOn = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) {
      void fetchNextPage();
    }
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const { queryKey } = jobsQuery(toFilters(view));
  const see = useSeenRows(queryKey);
  const showTag = useCallback((tag: string) => changeFilters({ tag }), [changeFilters]);

  const focused = () => table.current?.focused() ?? null;
  const withFocused = (action: (job: JobSummary) => void) => {
    const job = focused();
    if (job) {
      action(job);
    }
  };
  const isAnySelected = chosen.selection.isAll || chosen.selection.ids.length > 0;
  const askToStop = () => {
    withFocused((job) => !isAnySelected && chosen.select(job, true));
    if (isAnySelected || focused()) {
      setAsked('stop');
    }
  };
  useKeys([
    ['/', () => searchBox.current?.focus()],
    ['?', () => setIsHelpOpen(true)],
    ['j', () => table.current?.move(1)],
    ['k', () => table.current?.move(-1)],
    ['x', () => withFocused((job) => chosen.select(job, !chosen.has(job.id)))],
    ['c', () => withFocused((job) => actions.clone.mutate(job))],
    ['s', askToStop],
  ]);

  return (
    <Page
      actions={
        <Button variant="filled" onClick={() => void navigate({ to: paths.newJob() } as never)}>
          {text.newJob}
        </Button>
      }
      title={text.title}
      lead={query.data && text.count(count, formatCount(count))}
    >
      <JobFiltersBar
        view={view}
        counts={counts.data ? countsOfStates(counts.data) : null}
        searchRef={searchBox}
        onChange={changeFilters}
      />
      {news.ids.size > 0 && (
        <Button mb="sm" variant="light" onClick={news.show}>
          {text.news(formatCount(news.ids.size), news.ids.size === 1)}
        </Button>
      )}
      <SelectionBar
        chosen={chosen}
        matching={{ count, filters: toFilters(view) }}
        asked={asked}
        actions={actions}
        onAsk={setAsked}
      />
      <Loaded query={query} skeleton={<Loading rows={12} height={28} />}>
        {() =>
          jobs.length === 0 ? (
            <NoJobs isFiltered={isNarrowed(view)} />
          ) : (
            <JobTable
              jobs={jobs}
              count={count}
              ordering={view.ordering}
              isSelected={chosen.has}
              handle={table}
              onSelect={chosen.select}
              onSort={(column) => changeSearch({ sort: nextOrdering(column, view.ordering) })}
              onTag={showTag}
              onSeen={see}
              onNearEnd={readOn}
            />
          )
        }
      </Loaded>
      {isFetchingNextPage && <p className="muted">{text.more}</p>}
      <KeysHelp isOpen={isHelpOpen} onClose={() => setIsHelpOpen(false)} keys={text.keys.list} />
    </Page>
  );
}

function NoJobs({ isFiltered }: { isFiltered: boolean }) {
  const text = words.jobs;
  const navigate = useNavigate();
  if (isFiltered) {
    return (
      <EmptyState title={text.noMatch}>
        <p>{text.noMatchText}</p>
        <Button onClick={() => void navigate({ to: '.', search: {} } as never)}>{text.filters.clear}</Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState title={text.empty}>
      <p>{text.emptyText}</p>
      <pre>{text.emptyCommands}</pre>
    </EmptyState>
  );
}
