import { type ReactNode, useDeferredValue, useMemo, useRef, useState } from 'react';
import type { Preset } from '../../presets/preset.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { formatBytes, formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { ChartFigures } from './chart-figures.tsx';
import { ChartLegend } from './chart-legend.tsx';
import { ChartPlot } from './chart-plot.tsx';
import type { ChartState } from './chart-reader.ts';
import { ChartTools } from './chart-tools.tsx';
import styles from './chart-view.module.css';
import { type ChartOptions, choiceOf } from './choose-columns.ts';
import { describePlot } from './description.ts';
import { columnNames, type DrawnFile, type Plot, ROW_NUMBER, toPlot } from './plot-data.ts';
import { type ChartFile, type ChartLimits, useChart, useDrawnFiles } from './use-chart.ts';

const HEIGHT_PX = 380;
const LIMITS: ChartLimits = { maxBytes: 64 * 1024 * 1024, maxRows: 200_000 };

interface ChartViewProps {
  /** One, or up to six that are laid over each other. */
  files: readonly ChartFile[];
  /** How the log of a solver is read; null for columns. */
  preset: Preset | null;
  options: ChartOptions;
  onOptions: (changes: Partial<ChartOptions>) => void;
  /** Chooses what else is laid over it. */
  children?: ReactNode;
}

/** Columns of a file as lines, or what a solver tells of its iterations; read on while it is written. */
export function ChartView({ files, preset, options, onOptions, children }: ChartViewProps) {
  const text = words.viewers.chart;
  const { states, retry } = useChart(files, preset?.key ?? null, LIMITS);
  const drawn = useDrawnFiles(files, states);
  const names = useMemo(() => columnNames(drawn), [drawn]);
  // What is chosen is seen at once, what it comes to a moment later.
  const chosen = choiceOf(names, preset, options);
  const choice = useDeferredValue(chosen);
  const choiceKey = JSON.stringify(choice);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a choice is known by what is chosen
  const plot = useMemo(() => toPlot(drawn, choice), [drawn, choiceKey]);
  const [pointed, setPointed] = useState<number | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const failed = states.find(({ error }) => error !== null);
  const isReading = states.some(({ isDone }) => !isDone);
  const title = files.map(({ name }) => name).join(', ');

  if (failed && drawn.length === 0) {
    return <ErrorState error={failed.error} onRetry={retry} />;
  }
  if (names.length === 0) {
    return isReading || states.length === 0 ? (
      <Loading rows={8} />
    ) : (
      <Nothing preset={preset} isLive={isLive(files)} />
    );
  }
  const xLabel = plot.isCounted || choice.x === ROW_NUMBER ? text.rowNumber : choice.x;
  const yLabel = preset?.axis.y ?? (choice.ys.length === 1 ? choice.ys[0]! : text.values);
  return (
    <div className={styles.view}>
      {children}
      <ChartTools
        names={names}
        choice={chosen}
        range={options.range}
        plot={plot}
        onOptions={onOptions}
        canvas={canvas}
        title={title}
        xLabel={xLabel}
      />
      {failed && <ErrorState error={failed.error} onRetry={retry} />}
      <Notes
        states={states}
        plot={plot}
        x={choice.x}
        isReading={isReading}
        isLive={isLive(files)}
        drawn={drawn}
      />
      {plot.lines.length === 0 ? (
        <p className="muted">{text.noLine}</p>
      ) : (
        <>
          <ChartPlot
            plot={plot}
            labels={{ x: xLabel, y: yLabel }}
            logX={choice.logX}
            logY={choice.logY}
            range={options.range}
            onRange={(range) => onOptions({ range })}
            onPoint={setPointed}
            height={HEIGHT_PX}
            description={describePlot(plot, xLabel)}
            canvas={canvas}
          />
          <ChartLegend plot={plot} xLabel={xLabel} pointed={pointed} />
          <ChartFigures plot={plot} name={title} />
        </>
      )}
    </div>
  );
}

function isLive(files: readonly ChartFile[]): boolean {
  return files.some(({ growth }) => growth !== undefined);
}

interface NotesProps {
  states: readonly ChartState[];
  plot: Plot;
  x: string;
  isReading: boolean;
  isLive: boolean;
  drawn: readonly DrawnFile[];
}

function Notes({ states, plot, x, isReading, isLive: isGrowing, drawn }: NotesProps) {
  const text = words.viewers.chart;
  const read = states.reduce((sum, { readBytes }) => sum + readBytes, 0);
  const size = states.reduce((sum, state) => sum + state.size, 0);
  const stride = Math.max(1, ...drawn.map(({ table }) => table.stride));
  const notes = [
    isReading && size > 0 && text.reading(formatBytes(read), formatBytes(size)),
    !isReading && read < size && words.files.preview.firstPart(formatBytes(read), formatBytes(size)),
    !isReading && isGrowing && text.live,
    stride > 1 && text.thinned(formatCount(stride)),
    plot.isCounted && text.counted(x),
    plot.hidden > 0 && text.hidden(formatCount(plot.hidden)),
  ].filter((note) => note !== false);
  return notes.length === 0 ? null : <p className="muted">{notes.join(' ')}</p>;
}

function Nothing({ preset, isLive: isGrowing }: { preset: Preset | null; isLive: boolean }) {
  const text = words.viewers.chart;
  return (
    <EmptyState title={preset === null ? text.none : text.noResiduals}>
      <p>{preset === null ? text.noneText : text.noResidualsText(preset.title)}</p>
      {isGrowing && <p>{text.live}</p>}
    </EmptyState>
  );
}
