import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  BrushComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
} from 'echarts/components';
import { type ECharts, type EChartsCoreOption, init, use as register } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { resolveHex } from '../../ui/resolve-colour.ts';

register([
  ...[ScatterChart, LineChart, CustomChart, GridComponent, TooltipComponent, LegendComponent],
  ...[BrushComponent, VisualMapContinuousComponent, CanvasRenderer],
]);

const TOKENS = [
  'page',
  'raised',
  'text',
  'muted',
  'accent',
  'success',
  'warning',
  'edge',
  'divider',
  'sunken',
] as const;
export type ChartColours = Record<(typeof TOKENS)[number], string>;

/** What a pointer has drawn a box around, in pixels of the chart. */
export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

interface ChartProps {
  /** What the chart shows, in a sentence. */
  label: string;
  height: number;
  /** Made anew for other colours, and for another width in pixels. */
  option: (colours: ChartColours, width: number) => EChartsCoreOption;
  onPoint?: (series: string, data: unknown) => void;
  /** The chart can be asked where in its values the box is. */
  onBox?: (box: Box, chart: ECharts) => void;
}

/** A chart on a canvas. What it tells of a point is drawn there too, since the policy of the page takes no styles of libraries. */
export function Chart({ label, height, option, onPoint, onBox }: ChartProps) {
  const { ref: room, width } = useElementSize<HTMLDivElement>();
  const ref = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);
  const theme = useComputedColorScheme('light');
  const latest = useRef({ onPoint, onBox });
  latest.current = { onPoint, onBox };
  const isReady = width > 0;

  useEffect(() => {
    if (!isReady) {
      return;
    }
    const made = init(ref.current!, null, { renderer: 'canvas' });
    chart.current = made;
    made.on('click', ({ seriesName, data }) => latest.current.onPoint?.(seriesName ?? '', data));
    made.on('brushEnd', (event) => {
      const [area] = (event as { areas: { range?: [[number, number], [number, number]] }[] }).areas;
      if (area?.range) {
        const [[left, right], [top, bottom]] = area.range;
        latest.current.onBox?.({ left, right, top, bottom }, made);
        made.dispatchAction({ type: 'brush', areas: [] });
      }
    });
    return () => {
      made.dispose();
      chart.current = null;
    };
  }, [isReady]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => {
    const made = chart.current;
    if (!made) {
      return;
    }
    const element = ref.current!;
    const colours = Object.fromEntries(
      TOKENS.map((token) => [token, resolveHex(element, token)]),
    ) as ChartColours;
    made.resize({ width, height });
    made.setOption(withDefaults(option(colours, width), colours), { notMerge: true });
    if (latest.current.onBox) {
      made.dispatchAction({
        type: 'takeGlobalCursor',
        key: 'brush',
        brushOption: { brushType: 'rect', brushMode: 'single' },
      });
    }
  }, [width, height, option, theme, isReady]);

  return (
    <div ref={room} style={{ height, overflow: 'hidden' }}>
      <div ref={ref} role="img" aria-label={label} style={{ height }} />
    </div>
  );
}

function withDefaults(option: EChartsCoreOption, colours: ChartColours): EChartsCoreOption {
  const fontFamily = getComputedStyle(document.body).fontFamily;
  return {
    animation: false,
    textStyle: { fontFamily, color: colours.text, fontSize: 12 },
    ...option,
    tooltip: {
      renderMode: 'richText',
      backgroundColor: colours.raised,
      borderColor: colours.edge,
      textStyle: { color: colours.text, fontSize: 12 },
      ...(option.tooltip as object | undefined),
    },
  };
}

/** Lines and words of an axis in the colours of the theme. */
export function axisStyle(colours: ChartColours) {
  return {
    axisLine: { lineStyle: { color: colours.edge } },
    axisTick: { lineStyle: { color: colours.edge } },
    axisLabel: { color: colours.muted, fontSize: 11, hideOverlap: true },
    splitLine: { lineStyle: { color: colours.divider } },
    nameTextStyle: { color: colours.text, fontSize: 12 },
  };
}
