import { ScatterChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { use as register } from 'echarts/core';
import { expect, test } from 'vitest';
import { chartToSvg } from './chart-svg.ts';

register([ScatterChart, GridComponent]);

test('a chart is a picture of its points, in which hostile names are texts', () => {
  const svg = chartToSvg(
    {
      animation: false,
      grid: {},
      xAxis: { type: 'value', name: '<script>alert(1)</script>' },
      yAxis: { type: 'value' },
      series: [
        {
          type: 'scatter',
          itemStyle: { color: 'teal' },
          data: Array.from({ length: 7 }, (_, x) => [x, x]),
        },
      ],
    },
    { width: 400, height: 300 },
  );
  expect(svg).toMatch(/^<svg [^>]*width="400" height="300"[^>]*>/);
  expect(svg.match(/fill="teal"/g)).toHaveLength(7);
  expect(svg).toContain('&lt;script&gt;alert(1)');
  expect(svg).not.toContain('<script');
});
