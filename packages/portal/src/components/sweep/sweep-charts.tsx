import type { Job } from '@quarry/sdk';
import type { Best, Goal } from './best-run.ts';
import { HistoryPanel } from './history-panel.tsx';
import { ScatterGrid } from './scatter-grid.tsx';
import type { Brush, Selection } from './selection.ts';
import { SurfacePanel } from './surface-panel.tsx';
import type { Sweep, SweepColumn } from './sweep-table.ts';
import type { SweepView } from './sweep-view.ts';

interface SweepChartsProps {
  job: Job;
  sweep: Sweep;
  output: SweepColumn;
  goal: Goal;
  selection: Selection;
  best: Best | null;
  brushes: readonly Brush[];
  surface: SweepView['surface'];
  onBrushes: (brushes: readonly Brush[]) => void;
  onChange: (changes: Record<string, string | undefined>) => void;
  onLook: (row: number) => void;
}

/** What is drawn by the library of charts: it is loaded with this. */
export function SweepCharts(props: SweepChartsProps) {
  const { job, sweep, output, goal, selection, best, brushes, surface, onBrushes, onChange, onLook } = props;
  return (
    <>
      <ScatterGrid
        fileName={`${job.id}-scatter`}
        {...{ sweep, output, selection, brushes, onBrushes, onLook }}
      />
      {job.optimizer !== null && <HistoryPanel {...{ job, sweep, output, goal, selection, onLook }} />}
      <SurfacePanel {...{ job, sweep, output, best, selection, surface, onChange }} />
    </>
  );
}
