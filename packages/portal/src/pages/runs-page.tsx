import { Button } from '@mantine/core';
import type { Job } from '@quarry/sdk';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { runListQuery } from '../api/queries.ts';
import { CompareButton } from '../components/compare/compare-button.tsx';
import { JobFrame } from '../components/job/job-frame.tsx';
import { RunFiltersBar } from '../components/runs/run-filters.tsx';
import { variablesOf } from '../components/runs/run-variables.ts';
import { isNarrowed, nextRunOrdering, readRunView, toRunFilters } from '../components/runs/run-view.ts';
import styles from '../components/runs/runs-grid.module.css';
import { RunsGrid } from '../components/runs/runs-grid.tsx';
import { useSelectedRuns } from '../components/runs/use-selected-runs.ts';
import { useSeenRows } from '../components/use-seen-rows.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Loading } from '../ui/loading.tsx';
import { uniqueById } from '../ui/unique.ts';
import { useSearchState } from '../ui/use-search.ts';
import { formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';

/** Of more variables the first are shown until others are chosen. */
const VARIABLES_SHOWN = 8;

/** The runs of a job; the server narrows and orders them, by how they went as by their values. */
export function RunsPage() {
  return (
    <JobFrame part={words.runs.title}>
      {(job, state) =>
        state === 'saved' ? (
          <EmptyState title={words.runs.unsubmitted}>
            <p>{words.runs.unsubmittedText}</p>
          </EmptyState>
        ) : (
          <Runs job={job} />
        )
      }
    </JobFrame>
  );
}

function Runs({ job }: { job: Job }) {
  const text = words.runs;
  const [search, change] = useSearchState();
  const navigate = useNavigate();
  const view = useMemo(() => readRunView(search), [search]);
  const list = runListQuery(job.id, toRunFilters(view));
  const query = useInfiniteQuery(list);
  const see = useSeenRows(list.queryKey);
  const runs = useMemo(
    () => uniqueById(query.data?.pages.flatMap(({ results }) => results) ?? []),
    [query.data],
  );
  const variables = useMemo(() => variablesOf(job, runs), [job, runs]);
  const chosen = view.columns;
  const shown = useMemo(
    () =>
      chosen === null
        ? variables.slice(0, VARIABLES_SHOWN)
        : variables.filter(({ name }) => chosen.includes(name)),
    [variables, chosen],
  );
  const { selected, select, clear } = useSelectedRuns();
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const readOn = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) {
      void fetchNextPage();
    }
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const count = query.data?.pages[0]?.count ?? 0;
  const all = job.progress?.runs ?? count;

  return (
    <>
      <RunFiltersBar view={view} variables={variables} shown={shown} onChange={change} />
      <Loaded query={query} skeleton={<Loading rows={12} height={28} />}>
        {() =>
          runs.length === 0 && isNarrowed(view) ? (
            <EmptyState title={text.noMatch}>
              <p>{text.noMatchText}</p>
              <Button onClick={() => void navigate({ to: '.', search: {} } as never)}>
                {text.filters.clear}
              </Button>
            </EmptyState>
          ) : (
            <>
              {selected.size > 0 && (
                <section className={styles.selection} aria-label={text.selected(formatCount(selected.size))}>
                  <strong>{text.selected(formatCount(selected.size))}</strong>
                  <CompareButton ids={[...selected].map((runId) => `${job.id}.${runId}`)} />
                  <Button size="compact-sm" variant="subtle" onClick={clear}>
                    {text.selectNone}
                  </Button>
                </section>
              )}
              <p className="muted" role="status">
                {isNarrowed(view)
                  ? text.countOf(formatCount(count), formatCount(all))
                  : text.count(count, formatCount(count))}
              </p>
              <RunsGrid
                jobId={job.id}
                runs={runs}
                count={count}
                variables={shown}
                ordering={view.ordering}
                selected={selected}
                onSelect={select}
                onSort={(column) => change({ sort: nextRunOrdering(column, view.ordering) })}
                onSeen={see}
                onNearEnd={readOn}
              />
            </>
          )
        }
      </Loaded>
      {isFetchingNextPage && <p className="muted">{text.more}</p>}
    </>
  );
}
