import { Button, useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
} from 'echarts/components';
import { type ECharts, type EChartsCoreOption, init, use as register } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { type PointerEvent, useEffect, useRef, useState } from 'react';
import { resolveHex } from '../../ui/colours.ts';
import { notifyFailed } from '../../ui/notify.tsx';
import { saveBlob } from '../../ui/save-blob.ts';
import { words } from '../../words/words.ts';
import styles from './chart.module.css';

register([
  ...[ScatterChart, LineChart, CustomChart, GridComponent, TooltipComponent, LegendComponent],
  ...[VisualMapContinuousComponent, CanvasRenderer],
]);

/** How far a pointer must go to draw a box. */
const TAP_PX = 4;
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
  /** Under which name it is saved, without an ending. */
  fileName: string;
  /** Made anew for other colours, and for another width in pixels. */
  option: (colours: ChartColours, width: number) => EChartsCoreOption;
  onPoint?: (series: string, data: unknown) => void;
  /** The chart can be asked where in its values the box is. */
  onBox?: (box: Box, chart: ECharts) => void;
}

/** A chart on a canvas. What it tells of a point is drawn there too, since the policy of the page takes no styles of libraries. */
export function Chart({ label, height, fileName, option, onPoint, onBox }: ChartProps) {
  const { ref: room, width } = useElementSize<HTMLDivElement>();
  const ref = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);
  const theme = useComputedColorScheme('light');
  const latest = useRef(onPoint);
  latest.current = onPoint;
  const [box, setBox] = useState<Box | null>(null);
  const begun = useRef<{ x: number; y: number } | null>(null);
  const isReady = width > 0;

  useEffect(() => {
    if (!isReady) {
      return;
    }
    const made = init(ref.current!, null, { renderer: 'canvas' });
    chart.current = made;
    made.on('click', ({ seriesName, data }) => latest.current?.(seriesName ?? '', data));
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
    const colours = coloursOf(ref.current!);
    made.resize({ width, height });
    made.setOption(withDefaults(option(colours, width), colours), { notMerge: true });
  }, [width, height, option, theme, isReady]);

  const save = async () => {
    try {
      const { chartToSvg } = await import('./chart-svg.ts');
      const colours = coloursOf(ref.current!);
      const drawn = { ...withDefaults(option(colours, width), colours), backgroundColor: colours.page };
      saveBlob(
        new Blob([chartToSvg(drawn, { width, height })], { type: 'image/svg+xml' }),
        `${fileName}.svg`,
      );
    } catch (error) {
      notifyFailed(words.sweep.charts.svgFailed, error);
    }
  };
  const placeOf = (event: PointerEvent<HTMLElement>) => {
    const area = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - area.left, y: event.clientY - area.top };
  };
  const press = (event: PointerEvent<HTMLElement>) => {
    begun.current = onBox && event.button === 0 ? placeOf(event) : null;
  };
  const drag = (event: PointerEvent<HTMLElement>) => {
    const from = begun.current;
    const to = placeOf(event);
    if (from && (box !== null || Math.hypot(to.x - from.x, to.y - from.y) > TAP_PX)) {
      event.currentTarget.setPointerCapture(event.pointerId);
      setBox({
        ...{ left: Math.min(from.x, to.x), right: Math.max(from.x, to.x) },
        ...{ top: Math.min(from.y, to.y), bottom: Math.max(from.y, to.y) },
      });
    }
  };
  const release = () => {
    begun.current = null;
    setBox(null);
    if (box !== null && chart.current !== null) {
      onBox?.(box, chart.current);
    }
  };
  return (
    <>
      <div
        ref={room}
        className={styles.room}
        style={{ height }}
        onPointerDown={press}
        onPointerMove={drag}
        onPointerUp={release}
        onPointerCancel={() => {
          begun.current = null;
          setBox(null);
        }}
      >
        <div ref={ref} role="img" aria-label={label} style={{ height }} />
        {box !== null && (
          <div
            className={styles.box}
            style={{
              left: box.left,
              top: box.top,
              width: box.right - box.left,
              height: box.bottom - box.top,
            }}
          />
        )}
      </div>
      <Button size="compact-sm" aria-label={words.sweep.charts.svgOf(label)} onClick={() => void save()}>
        {words.sweep.charts.svg}
      </Button>
    </>
  );
}

function coloursOf(element: Element): ChartColours {
  return Object.fromEntries(
    TOKENS.map((token) => [token, resolveHex(`--${token}`, element)]),
  ) as ChartColours;
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
