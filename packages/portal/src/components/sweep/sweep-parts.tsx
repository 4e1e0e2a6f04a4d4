import type { Job } from '@quarry/sdk';
import { Suspense, useCallback, useDeferredValue, useMemo } from 'react';
import type { JobState } from '../../api/job-state.ts';
import { lazyPart } from '../../api/lazy-part.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { useSearchState } from '../../ui/use-search.ts';
import { words } from '../../words/words.ts';
import { bestRun, defaultOutput, goalOf } from './best-run.ts';
import { ParallelPanel } from './parallel-panel.tsx';
import type { Mark } from './parallel-plot.tsx';
import { RunPanel } from './run-panel.tsx';
import { RunsTable } from './runs-table.tsx';
import { type Brush, selectRuns } from './selection.ts';
import { SensitivityPanel } from './sensitivity-panel.tsx';
import { chooseAxes, showAxes } from './shown-axes.ts';
import { SweepBar } from './sweep-bar.tsx';
import styles from './sweep-parts.module.css';
import { SweepSummary } from './sweep-summary.tsx';
import type { Sweep } from './sweep-table.ts';
import { type AxisChoice, readView, writeAxes, writeBrushes } from './sweep-view.ts';

// Charts are a large part of their own, and nobody waits for them to see the runs.
const SweepCharts = lazyPart(() => import('./sweep-charts.tsx'), 'SweepCharts');

interface SweepViewProps {
  job: Job;
  state: JobState;
  sweep: Sweep;
}

/** Every part of the page, about the same selection of runs, which the address says. */
export function SweepView({ job, state, sweep }: SweepViewProps) {
  const [search, change] = useSearchState();
  const view = useMemo(() => readView(search), [search]);
  const { text, states, brushes, run } = view;
  const narrowing = useMemo(() => ({ text, states, brushes }), [text, states, brushes]);
  const selection = useMemo(() => selectRuns(sweep, narrowing), [sweep, narrowing]);
  // What is below the fold follows when what is in sight has been drawn.
  const deferred = useDeferredValue(selection);

  const output =
    (view.output === null ? undefined : sweep.byName.get(view.output)) ?? defaultOutput(job, sweep);
  const goal = output === null ? 'minimize' : goalOf(job, output.name, view.goal);
  const best = useMemo(
    () => (output === null ? null : bestRun(sweep, output, goal, job)),
    [sweep, output, goal, job],
  );
  const looked = run === null ? null : (sweep.rowOf.get(run) ?? null);
  const axes = useMemo(
    () => showAxes(sweep, chooseAxes(sweep, view.axes, output?.name ?? null)),
    [sweep, view.axes, output],
  );
  const marks = useMemo<Mark[]>(
    () => [
      ...(best === null ? [] : [{ row: best.row, kind: 'best' as const }]),
      ...(looked === null ? [] : [{ row: looked, kind: 'looked-at' as const }]),
    ],
    [best, looked],
  );
  const look = useCallback(
    (row: number | null) => change({ run: row === null ? undefined : String(sweep.runs[row]) }),
    [change, sweep],
  );
  const setBrushes = useCallback((next: readonly Brush[]) => change({ brush: writeBrushes(next) }), [change]);
  const setView = ({ brushes, axes }: { brushes?: readonly Brush[]; axes?: readonly AxisChoice[] | null }) =>
    change({
      ...(brushes !== undefined && { brush: writeBrushes(brushes) }),
      ...(axes !== undefined && { axes: axes === null ? undefined : writeAxes(axes) }),
    });

  return (
    <div className={styles.parts}>
      <SweepSummary sweep={sweep} output={output} goal={goal} best={best} job={job} onLook={look} />
      <SweepBar
        job={job}
        state={state}
        sweep={sweep}
        view={view}
        output={output}
        goal={goal}
        best={best}
        selection={selection}
        onChange={change}
      />
      {output === null && (
        <EmptyState title={words.sweep.noOutput}>
          <p>{words.sweep.noOutputText}</p>
        </EmptyState>
      )}
      <ParallelPanel
        sweep={sweep}
        fileName={`${job.id}-sweep`}
        axes={axes}
        areAxesChosen={view.axes !== null}
        narrowing={narrowing}
        selection={selection}
        marks={marks}
        onView={setView}
      />
      {looked !== null && <RunPanel job={job} sweep={sweep} row={looked} onClose={() => look(null)} />}
      <RunsTable
        sweep={sweep}
        rows={deferred.rows}
        sort={view.sort}
        areAllColumns={view.areAllColumns}
        best={best?.row ?? null}
        looked={looked}
        onSort={(sort) => change({ sort: sort === 'run' ? undefined : sort })}
        onColumns={(areAll) => change({ cols: areAll ? 'all' : undefined })}
        onLook={look}
      />
      {output !== null && (
        <>
          <SensitivityPanel job={job} output={output.name} />
          <Suspense fallback={<Loading rows={4} height={60} />}>
            <SweepCharts
              job={job}
              sweep={sweep}
              output={output}
              goal={goal}
              selection={deferred}
              best={best}
              brushes={brushes}
              surface={view.surface}
              onBrushes={setBrushes}
              onChange={change}
              onLook={look}
            />
          </Suspense>
        </>
      )}
    </div>
  );
}
