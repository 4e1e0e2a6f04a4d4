import { DataTable } from '../../ui/data-table.tsx';
import { Name } from '../../ui/name.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { Plot, PlotLine } from './plot-data.ts';
import { formatValue } from './ticks.ts';

/** What the lines of a chart come to, as a table. */
export function ChartFigures({ plot, name }: { plot: Plot; name: string }) {
  const text = words.viewers.chart;
  const figure = (title: string, of: (line: PlotLine) => number) => ({
    title,
    isNumber: true,
    cell: (line: PlotLine) => (line.points === 0 ? '' : formatValue(of(line))),
  });
  return (
    <DataTable
      label={text.table(name)}
      rows={plot.lines}
      rowKey={({ label }) => label}
      columns={[
        { title: text.line, cell: ({ label }) => <Name>{label}</Name> },
        { title: text.pointCount, isNumber: true, cell: ({ points }) => formatCount(points) },
        figure(text.first, ({ first }) => first),
        figure(text.last, ({ last }) => last),
        figure(text.least, ({ min }) => min),
        figure(text.most, ({ max }) => max),
      ]}
    />
  );
}
