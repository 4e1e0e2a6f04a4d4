import type { Job } from '@quarry/sdk';
import { useCallback, useMemo } from 'react';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { axisStyle, Chart, type ChartColours } from '../../viewers/sweep/chart.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { Goal } from './best-run.ts';
import { searchHistory } from './search-history.ts';
import type { Selection } from './selection.ts';
import { tellValue } from './shown-axes.ts';
import type { Sweep, SweepColumn } from './sweep-table.ts';

const HEIGHT_PX = 260;

interface HistoryPanelProps {
  job: Job;
  sweep: Sweep;
  output: SweepColumn;
  goal: Goal;
  selection: Selection;
  onLook: (row: number) => void;
}

/** How an optimizer came to what it has found. */
export function HistoryPanel({ job, sweep, output, goal, selection, onLook }: HistoryPanelProps) {
  const { history: text } = words.sweep;
  const history = useMemo(
    () => searchHistory(sweep, output, goal, job.optimizer?.constraints ?? []),
    [sweep, output, goal, job.optimizer],
  );
  const option = useCallback(
    (colours: ChartColours) => {
      const style = axisStyle(colours);
      const ofRuns = (isSelected: boolean) => ({
        ...{ type: 'scatter', name: text.runs, symbolSize: 5 },
        data: history.points.filter(([, , row]) => (selection.has[row] === 1) === isSelected),
        itemStyle: { color: isSelected ? colours.accent : colours.edge, opacity: isSelected ? 0.8 : 0.4 },
      });
      return {
        grid: { left: 72, right: 16, top: 32, bottom: 44 },
        legend: { data: [text.best], right: 0, top: 0, textStyle: { color: colours.text } },
        xAxis: {
          ...style,
          type: 'value',
          minInterval: 1,
          scale: true,
          name: words.sweep.table.run,
          nameLocation: 'middle',
          nameGap: 28,
        },
        yAxis: {
          ...{ ...style, type: 'value', scale: true },
          axisLabel: { ...style.axisLabel, formatter: (value: number) => tellValue(output, value) },
        },
        tooltip: {
          formatter: ({ data: [run, value] }: { data: [number, number] }) =>
            `${words.sweep.charts.run(formatCount(run))}\n${output.name} = ${tellValue(output, value)}`,
        },
        series: [
          ofRuns(false),
          ofRuns(true),
          {
            ...{ type: 'line', name: text.best, step: 'end', showSymbol: false, data: history.best },
            lineStyle: { color: colours.success, width: 2 },
            itemStyle: { color: colours.success },
          },
        ],
      };
    },
    [history, selection, output, text],
  );
  return (
    <Panel title={text.title}>
      <p className="muted">
        <Name>{text.sentence(output.name)}</Name>
      </p>
      <Chart
        label={text.label(output.name)}
        height={HEIGHT_PX}
        fileName={`${job.id}-history`}
        option={option}
        onPoint={(name, data) => name === text.runs && onLook((data as number[])[2]!)}
      />
    </Panel>
  );
}
