/** Draws the results of chapter 10. */
import { init, type SeriesOption } from 'echarts';

export interface MembraneRun {
  /** In MPa, as is the stress. */
  pressure: number;
  /** In metres. */
  thickness: number;
  stress: number;
  /** In meganewtons. */
  reaction: number;
}

const COLOURS = ['#0072b2', '#e69f00', '#009e73'];

/** The stress and the reaction over the pressure, with a line for each thickness; answers the text of an SVG file. */
export function plotMembrane(
  runs: readonly MembraneRun[],
  target: { pressure: number; stress: number },
): string {
  const thicknesses = [...new Set(runs.map(({ thickness }) => thickness))];
  const lines = (panel: number, quantity: 'stress' | 'reaction') =>
    thicknesses.map(
      (thickness, index): SeriesOption => ({
        type: 'line',
        name: `${thickness} m thick`,
        ...{ xAxisIndex: panel, yAxisIndex: panel, symbol: 'circle' },
        // The stress hardly depends on the thickness: smaller dots and thinner lines lie on top of the others.
        ...(quantity === 'stress'
          ? { symbolSize: 14 - 4 * index, lineStyle: { width: 6 - 2 * index } }
          : { symbolSize: 8, lineStyle: { width: 2 } }),
        data: runs.filter((run) => run.thickness === thickness).map((run) => [run.pressure, run[quantity]]),
      }),
    );
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 960, height: 460 });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    color: COLOURS,
    textStyle: { fontFamily: 'sans-serif' },
    title: { text: 'Elliptic membrane, NAFEMS LE1, in CalculiX', left: 'center', top: 12 },
    legend: { top: 48, itemGap: 32 },
    grid: [
      { left: 70, width: 370, top: 110, bottom: 60 },
      { left: 550, width: 370, top: 110, bottom: 60 },
    ],
    xAxis: [0, 1].map((gridIndex) => ({
      type: 'value',
      ...{ gridIndex, min: 0, max: 20, interval: 5 },
      ...{ name: 'Pressure at the outer edge in MPa', nameLocation: 'middle', nameGap: 32 },
    })),
    yAxis: ['Stress σyy at D in MPa', 'Reaction at the x axis in MN'].map((name, gridIndex) => ({
      type: 'value',
      ...{ gridIndex, min: 0 },
      ...{ name, nameLocation: 'middle', nameGap: 42 },
    })),
    series: [
      ...lines(0, 'stress'),
      {
        type: 'scatter',
        name: `target: ${target.stress} MPa at ${target.pressure} MPa`,
        ...{ xAxisIndex: 0, yAxisIndex: 0, symbol: 'diamond', symbolSize: 18, z: 3 },
        itemStyle: { color: 'transparent', borderColor: '#000000', borderWidth: 2 },
        data: [[target.pressure, target.stress]],
      },
      ...lines(1, 'reaction'),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
