import { useElementSize } from '@mantine/hooks';
import { type Ref, useEffect, useImperativeHandle, useMemo, useRef, useState } from 'react';
import { EmptyState } from '../../ui/empty-state.tsx';
import { MISSING } from '../../viewers/sweep/axis-scale.ts';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { drawPlot } from './draw-plot.ts';
import styles from './parallel-plot.module.css';
import { PlotAxis } from './plot-axis.tsx';
import { type Brush, type Narrowing, type Selection, selectRuns, withBrush } from './selection.ts';
import { type ShownAxis, tellValue } from './shown-axes.ts';
import type { Sweep } from './sweep-table.ts';
import { useLines } from './use-lines.ts';

const HEIGHT = 340;
const TOP = 40;
const BOTTOM = HEIGHT - 44;
const RAIL = HEIGHT - 16;
/** Narrower, and names and marks lie over each other. */
const MIN_SPACING = 72;

export interface Mark {
  row: number;
  kind: 'best' | 'looked-at';
}

export interface ParallelPlotHandle {
  /** The picture as it is, with its axes; null where nothing is drawn. */
  picture(): Promise<Blob | null>;
}

interface ParallelPlotProps {
  sweep: Sweep;
  axes: readonly ShownAxis[];
  narrowing: Narrowing;
  selection: Selection;
  marks: readonly Mark[];
  active: string | null;
  handle: Ref<ParallelPlotHandle>;
  onBrushes: (brushes: readonly Brush[]) => void;
  onSettings: (column: string) => void;
  /** Puts an axis at another place. */
  onMove: (column: string, to: number) => void;
}

/** An axis for each column and a line for each run. */
export function ParallelPlot(props: ParallelPlotProps) {
  const { sweep, axes, narrowing, selection, marks, active, handle, onBrushes, onSettings, onMove } = props;
  const { parallel } = words.sweep;
  const { ref: room, width: available } = useElementSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  // While a brush is moved the page stays as it is, and only the lines follow; then they stay until the address says the same.
  const [draft, setDraft] = useState<readonly Brush[] | null>(null);
  const [isMoved, setIsMoved] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other brushes of the address take the place of those here
  useEffect(() => setDraft(null), [narrowing.brushes]);
  const shown = useMemo(
    () => (draft === null ? selection : selectRuns(sweep, { ...narrowing, brushes: draft })),
    [draft, selection, sweep, narrowing],
  );

  const width = Math.max(available, axes.length * MIN_SPACING);
  const spacing = width / axes.length;
  const xOf = (axis: number) => spacing * (axis + 0.5);
  const frame = { left: xOf(0), right: xOf(axes.length - 1), top: TOP, bottom: BOTTOM, rail: RAIL };
  const size = { width, height: HEIGHT };
  const { renderer, isPossible } = useLines(canvas, {
    ...{ axes, count: sweep.count, selection: shown, isMoved, size, frame },
  });
  const yOf = (place: number) => (place === MISSING ? RAIL : BOTTOM - place * (BOTTOM - TOP));
  const lineOf = (row: number) =>
    axes.map(({ data, scale }, axis) => {
      const value = data.values[row]!;
      return [xOf(axis), yOf(Number.isNaN(value) ? MISSING : scale.place(value))] as const;
    });
  const lines = marks.map((mark) => ({ ...mark, points: lineOf(mark.row) }));

  useImperativeHandle(handle, () => ({
    picture: () => drawPlot(canvas.current!, renderer.current, { size, frame, axes, xOf, yOf, lines }),
  }));

  const brushes = draft ?? narrowing.brushes;
  const changeBrush = (column: string, ends: Omit<Brush, 'column'> | null, isOnTheWay: boolean) => {
    const next = withBrush(brushes, column, ends);
    setDraft(next);
    setIsMoved(isOnTheWay);
    if (!isOnTheWay) {
      onBrushes(next);
    }
  };

  return (
    <>
      <section
        className={styles.scroll}
        aria-label={parallel.label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        tabIndex={0}
        hidden={!isPossible}
      >
        <div ref={room} className={styles.room} />
        <div className={styles.plot} style={{ width, height: HEIGHT }}>
          <canvas ref={canvas} className={styles.lines} />
          <svg className={styles.marks} width={width} height={HEIGHT} aria-hidden="true">
            <line className={styles.rail} x1={xOf(0)} x2={xOf(axes.length - 1)} y1={RAIL} y2={RAIL} />
            <text className={styles.tick} x={4} y={RAIL + 12}>
              {parallel.missing}
            </text>
            {axes.map(({ data, scale }, axis) => (
              <g key={data.name}>
                <line className={styles.line} x1={xOf(axis)} x2={xOf(axis)} y1={TOP} y2={BOTTOM} />
                {scale.ticks.map(({ place, value }) => (
                  <text key={place} className={styles.tick} x={xOf(axis) + 6} y={yOf(place) + 4}>
                    {tellValue(data, value)}
                  </text>
                ))}
              </g>
            ))}
            {lines.map(({ kind, row, points }) => (
              <polyline
                key={`${kind} ${row}`}
                className={styles.mark}
                data-kind={kind}
                points={points.join(' ')}
              />
            ))}
          </svg>
          {axes.map((axis, place) => (
            <PlotAxis
              key={axis.data.name}
              axis={axis}
              x={xOf(place)}
              top={TOP}
              height={BOTTOM - TOP}
              spacing={spacing}
              brush={brushes.find(({ column }) => column === axis.data.name)}
              isActive={active === axis.data.name}
              onBrush={(ends, isMoved) => changeBrush(axis.data.name, ends, isMoved)}
              onSettings={() => onSettings(axis.data.name)}
              onMove={(by) => onMove(axis.data.name, Math.min(axes.length - 1, Math.max(0, place + by)))}
            />
          ))}
        </div>
      </section>
      {isPossible ? (
        <p className="muted">
          {parallel.sentence(
            formatCount(shown.rows.length),
            formatCount(sweep.count),
            formatCount(axes.length),
          )}
        </p>
      ) : (
        <EmptyState title={parallel.noGraphics}>
          <p>{parallel.noGraphicsText}</p>
        </EmptyState>
      )}
    </>
  );
}
