import { type ReactNode, useMemo, useState } from 'react';
import type { Preset } from '../../presets/preset.ts';
import { words } from '../../words/words.ts';
import { ChartLegend } from './chart-legend.tsx';
import { ChartPlot } from './chart-plot.tsx';
import { choiceOf, NO_OPTIONS } from './choose-columns.ts';
import { describePlot } from './description.ts';
import { columnNames, ROW_NUMBER, toPlot } from './plot-data.ts';
import { type ChartFile, type ChartLimits, useChart, useDrawnFiles } from './use-chart.ts';

/** A page that is open for an hour holds no more rows than this. */
const MAX_ROWS = 5000;
/** Of a log the end: how it goes now is what people open the page for. Nobody has asked for this, so it is little. */
const OF_LOGS: ChartLimits = {
  maxBytes: Number.POSITIVE_INFINITY,
  endBytes: 4 * 1024 * 1024,
  maxRows: MAX_ROWS,
};
const OF_TABLES: ChartLimits = { maxBytes: 4 * 1024 * 1024, maxRows: MAX_ROWS };

interface CompactChartProps {
  file: ChartFile;
  preset: Preset | null;
  height: number;
  /** Shown where there is nothing to draw. */
  children: ReactNode;
}

/** A chart among other things, as it suits the file, read on while the file is written. */
export function CompactChart({ file, preset, height, children }: CompactChartProps) {
  const files = [file];
  const { states } = useChart(files, preset?.key ?? null, preset === null ? OF_TABLES : OF_LOGS);
  const drawn = useDrawnFiles(files, states);
  const [pointed, setPointed] = useState<number | null>(null);
  const { plot, choice } = useMemo(() => {
    const chosen = choiceOf(columnNames(drawn), preset, NO_OPTIONS);
    return { plot: toPlot(drawn, chosen), choice: chosen };
  }, [drawn, preset]);
  if (plot.lines.length === 0) {
    return children;
  }
  const xLabel = plot.isCounted || choice.x === ROW_NUMBER ? words.viewers.chart.rowNumber : choice.x;
  return (
    <>
      <ChartPlot
        plot={plot}
        labels={{ x: xLabel, y: preset?.axis.y ?? '' }}
        logX={choice.logX}
        logY={choice.logY}
        range={null}
        onPoint={setPointed}
        height={height}
        description={describePlot(plot, xLabel)}
      />
      <ChartLegend plot={plot} xLabel={xLabel} pointed={pointed} />
    </>
  );
}
