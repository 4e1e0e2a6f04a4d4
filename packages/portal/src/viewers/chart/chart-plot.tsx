import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize, useMergedRef } from '@mantine/hooks';
import { type RefObject, useEffect, useRef } from 'react';
import UPlot from 'uplot';
import { resolveColour } from '../../ui/colours.ts';
import styles from './chart-plot.module.css';
import type { PlotRange } from './choose-columns.ts';
import { lineColour, lineDash } from './line-style.ts';
import type { Plot } from './plot-data.ts';
import { formatLogTick, formatTick } from './ticks.ts';

/** Places are few enough to be seen as such. */
const MAX_DOTS = 60;
const AXIS_FONT = '12px system-ui, sans-serif';

interface ChartPlotProps {
  plot: Plot;
  labels: { x: string; y: string };
  logX: boolean;
  logY: boolean;
  /** What of the axis is shown; all of it when null. */
  range: PlotRange | null;
  /** Somebody has dragged over a part of it; null for all. Absent where nothing can be changed. */
  onRange?: ((range: PlotRange | null) => void) | undefined;
  /** Where the pointer is, by the place among the points; null when it has left. */
  onPoint?: (index: number | null) => void;
  height: number;
  /** Says in a sentence what is to be seen. */
  description: string;
  canvas?: RefObject<HTMLCanvasElement | null>;
}

/** Lines along an axis. */
export function ChartPlot(props: ChartPlotProps) {
  const { plot, labels, logX, logY, range, height, description, canvas } = props;
  const scheme = useComputedColorScheme();
  const size = useElementSize<HTMLDivElement>();
  const place = useRef<HTMLDivElement>(null);
  const ref = useMergedRef(size.ref, place);
  const drawn = useRef<UPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const width = Math.floor(size.width);
  const isMeasured = width > 0;
  const structure = JSON.stringify([plot.lines.map(({ label }) => label), plot.isTime, labels]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is named makes another chart; all else changes the one that is there
  useEffect(() => {
    if (!isMeasured || place.current === null) {
      return;
    }
    const chart = new UPlot(optionsOf(latest, width), dataOf(latest.current.plot), place.current);
    drawn.current = chart;
    if (canvas) {
      canvas.current = chart.ctx.canvas;
    }
    showRange(chart, latest.current.range);
    return () => {
      drawn.current = null;
      chart.destroy();
    };
  }, [structure, logX, logY, scheme, isMeasured]);

  useEffect(() => {
    const { current: chart } = drawn;
    if (chart) {
      chart.setData(dataOf(plot), range === null);
      showRange(chart, range);
    }
  }, [plot, range]);

  useEffect(() => {
    if (width > 0) {
      drawn.current?.setSize({ width, height });
    }
  }, [width, height]);

  return <div ref={ref} role="img" aria-label={description} className={styles.plot} style={{ height }} />;
}

function dataOf({ x, ys }: Plot): UPlot.AlignedData {
  return [x, ...ys] as unknown as UPlot.AlignedData;
}

function showRange(chart: UPlot, range: PlotRange | null): void {
  if (range !== null) {
    chart.setScale('x', range);
  }
}

function optionsOf(props: RefObject<ChartPlotProps>, width: number): UPlot.Options {
  const { plot, labels, logX, logY, height, onRange } = props.current;
  const muted = resolveColour('--muted');
  const axis: UPlot.Axis = {
    stroke: muted,
    font: AXIS_FONT,
    labelFont: AXIS_FONT,
    grid: { stroke: resolveColour('--divider'), width: 1 },
    ticks: { stroke: resolveColour('--divider'), width: 1 },
  };
  const values = (isLog: boolean) => (_: UPlot, splits: Array<number | null>) => {
    const step = Math.abs((splits[1] ?? 0) - (splits[0] ?? 0));
    return splits.map((value) =>
      value === null ? '' : isLog ? formatLogTick(value) : formatTick(value, step),
    );
  };
  return {
    width,
    height,
    scales: { x: { time: plot.isTime, distr: logX ? 3 : 1 }, y: { distr: logY ? 3 : 1 } },
    axes: [
      { ...axis, label: labels.x, labelSize: 20, size: 32, ...(plot.isTime ? {} : { values: values(logX) }) },
      { ...axis, label: labels.y, labelSize: 20, size: 64, values: values(logY) },
    ],
    series: [
      {},
      ...plot.lines.map(({ label }, index): UPlot.Series => {
        const stroke = lineColour(index);
        const points = { show: plot.x.length <= MAX_DOTS, size: 5, stroke, fill: stroke };
        return { label, stroke, width: 1.5, dash: [...lineDash(index)], points };
      }),
    ],
    legend: { show: false },
    cursor: {
      drag: { x: onRange !== undefined, y: false },
      bind: {
        dblclick: () => () => {
          props.current.onRange?.(null);
          return null;
        },
      },
    },
    hooks: {
      setSelect: [
        (chart) => {
          const { left, width: dragged } = chart.select;
          if (dragged > 0) {
            const [min, max] = [chart.posToVal(left, 'x'), chart.posToVal(left + dragged, 'x')];
            chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            props.current.onRange?.({ min, max });
          }
        },
      ],
      setCursor: [(chart) => props.current.onPoint?.(chart.cursor.idx ?? null)],
    },
  };
}
