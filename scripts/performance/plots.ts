/** Results as SVG. Colours are of the image itself and follow the reader's scheme, light or dark. */
import * as echarts from 'echarts';
import type { KeptResult } from '../../bench/lib/report.ts';
import { type OwnedRow, owned, quantity } from './results.ts';

/** Stand-ins that ECharts writes as they are, and that the style of the image then gives their colours. */
const INK = '#010101';
const FAINT = '#020202';
const GROUND = '#030303';
const OWN = '#2f81f7';
const PEER = '#8c959f';
const BAR = '#d1242f';
const STYLE = `<style>
[fill="${INK}"]{fill:#1f2328}[stroke="${INK}"]{stroke:#1f2328}
[fill="${FAINT}"]{fill:#59636e}[stroke="${FAINT}"]{stroke:#d1d9e0}[fill="${GROUND}"]{fill:#ffffff}
@media (prefers-color-scheme: dark){
[fill="${INK}"]{fill:#f0f6fc}[stroke="${INK}"]{stroke:#f0f6fc}
[fill="${FAINT}"]{fill:#9198a1}[stroke="${FAINT}"]{stroke:#3d444d}[fill="${GROUND}"]{fill:#0d1117}}
</style>`;

const WIDTH = 860;
const ROW_HEIGHT = 26;
const LABEL_WIDTH = 390;
const CHARACTER_WIDTH = 6.6;

export interface BarPlot {
  title: string;
  /** Which rows, by their unit and words. */
  rows: (row: OwnedRow) => boolean;
  /** Where the bar of a figure lies among them; absent or null where it has no place. */
  limit?: (result: KeptResult) => { value: number; what: string } | null;
}

/** Medians as bars with their smallest and largest, peers in grey; null when there is nothing to show. */
export function barPlot(result: KeptResult, plot: BarPlot): string | null {
  const rows = owned(result.rows).filter(plot.rows);
  if (rows.length === 0) {
    return null;
  }
  const limit = plot.limit?.(result) ?? null;
  const bars = rows.map((row) => ({
    name: row.what.replace(/^(peer|limit): /, ''),
    value: row.median,
    ends: row.runs > 1 ? ([row.min, row.max] as const) : null,
    label: quantity(row.median, row.unit),
    color: row.isPeer ? PEER : OWN,
  }));
  return draw({ title: plot.title, bars, limit, unit: rows[0]!.unit });
}

export interface Bar {
  name: string;
  value: number;
  ends: readonly [number, number] | null;
  label: string;
  color: string;
}

interface Drawing {
  title: string;
  bars: readonly Bar[];
  limit: { value: number; what: string } | null;
  unit: string;
}

/** How near each figure is to its bar: 1 is the bar itself, less is better. */
export function figuresPlot(figures: readonly { what: string; share: number; label: string }[]): string {
  const bars = figures.map(({ what, share, label }) => ({
    ...{ name: what, value: Math.min(share, 2), ends: null, label },
    color: share <= 1 ? OWN : BAR,
  }));
  return draw({
    title: 'Share of what is allowed: at most 1 is reached',
    ...{ bars, limit: { value: 1, what: '' }, unit: '' },
  });
}

function draw({ title, bars, limit, unit }: Drawing): string {
  const top = limit?.what ? 56 : 40;
  const height = top + 32 + bars.length * ROW_HEIGHT;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  const text = { color: INK, fontFamily: 'system-ui, sans-serif', fontSize: 12 };
  const largest = Math.max(...bars.map(({ value, ends }) => ends?.[1] ?? value), limit?.value ?? 0);
  chart.setOption({
    animation: false,
    backgroundColor: GROUND,
    title: { text: title, left: 12, top: 8, textStyle: { ...text, fontSize: 14, fontWeight: 600 } },
    grid: { left: LABEL_WIDTH, right: 24, top, bottom: 30 },
    xAxis: {
      type: 'value',
      // The label of the longest bar stands behind it.
      max: largest * 1.22,
      axisLabel: {
        ...{ ...text, color: FAINT },
        formatter: (value: number) => (value > largest * 1.2 ? '' : quantity(value, unit)),
      },
      splitLine: { lineStyle: { color: FAINT, width: 0.5 }, showMaxLine: false },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(({ name }) => shortened(name)),
      axisLabel: { ...text, interval: 0 },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: FAINT } },
    },
    series: [
      {
        type: 'bar',
        silent: true,
        barWidth: 14,
        data: bars.map(({ value, color, label, ends }) => ({
          value,
          itemStyle: { color },
          label: { show: ends === null, position: 'right', formatter: label, ...text },
        })),
        ...(limit && {
          markLine: {
            symbol: 'none',
            silent: true,
            lineStyle: { color: BAR, type: 'dashed', width: 1.5 },
            label: { formatter: limit.what, ...text, color: BAR, position: 'start', distance: 4 },
            data: [{ xAxis: limit.value }],
          },
        }),
      },
      whiskers(bars, text),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const name = title.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `${still(svg).replace(/(<svg[^>]*>)/, `$1\n<title>${name}</title>\n${STYLE}`)}\n`;
}

/** Without what ECharts adds for the mouse: an image has none, and the names count on from image to image. */
function still(svg: string): string {
  return svg.replace(/ class="zr[^"]*"/g, '').replace(/<style\s*><!\[CDATA\[[\s\S]*?<\/style>\s*/g, '');
}

/** From the smallest to the largest, with the label behind them. */
function whiskers(bars: readonly Bar[], text: object) {
  const line = (x1: number, y1: number, x2: number, y2: number) => ({
    type: 'line' as const,
    shape: { x1, y1, x2, y2 },
    style: { stroke: INK, lineWidth: 1 },
  });
  return {
    type: 'custom' as const,
    silent: true,
    data: bars.flatMap(({ ends }, index) => (ends ? [[ends[0], ends[1], index]] : [])),
    encode: { x: [0, 1], y: 2 },
    renderItem: (_params: unknown, api: echarts.CustomSeriesRenderItemAPI) => {
      const index = api.value(2) as number;
      const [from, y] = api.coord([api.value(0), index]) as [number, number];
      const [to] = api.coord([api.value(1), index]) as [number, number];
      const { color: fill, ...font } = text as { color: string; fontSize: number; fontFamily: string };
      return {
        type: 'group' as const,
        children: [
          line(from, y, to, y),
          line(from, y - 4, from, y + 4),
          line(to, y - 4, to, y + 4),
          {
            type: 'text' as const,
            style: { text: bars[index]!.label, x: to + 6, y, fill, verticalAlign: 'middle', ...font },
          },
        ],
      };
    },
  };
}

function shortened(name: string): string {
  const most = Math.floor((LABEL_WIDTH - 12) / CHARACTER_WIDTH);
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
}
