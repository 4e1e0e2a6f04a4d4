import { Button } from '@mantine/core';
import type { ECharts } from 'echarts/core';
import { useCallback, useMemo, useState } from 'react';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { axisStyle, type Box, Chart, type ChartColours } from '../../viewers/sweep/chart.tsx';
import { shuffledRows } from '../../viewers/sweep/shuffled-rows.ts';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { mostRelated } from './relatedness.ts';
import { type Brush, type Selection, withBrush } from './selection.ts';
import { tellValue } from './shown-axes.ts';
import type { Sweep, SweepColumn } from './sweep-table.ts';

/** More points hide each other, and take longer to draw than they tell. */
const MAX_POINTS = 2000;
const FEW_INPUTS = 8;
const MAX_INPUTS = 60;
const CELL_PX = 260;
const CELL_HEIGHT_PX = 210;

interface ScatterGridProps {
  /** Under which it is saved, without an ending. */
  fileName: string;
  sweep: Sweep;
  output: SweepColumn;
  selection: Selection;
  brushes: readonly Brush[];
  onBrushes: (brushes: readonly Brush[]) => void;
  onLook: (row: number) => void;
}

/** The output against every input, each in a picture of its own. */
export function ScatterGrid(props: ScatterGridProps) {
  const { fileName, sweep, output, selection, brushes, onBrushes, onLook } = props;
  const { charts: text } = words.sweep;
  const [areAll, setAreAll] = useState(false);
  const all = useMemo(
    () =>
      mostRelated(
        sweep.columns.filter(({ kind }) => kind === 'input'),
        output,
      ).slice(0, MAX_INPUTS),
    [sweep, output],
  );
  const inputs = areAll ? all : all.slice(0, FEW_INPUTS);
  const drawn = useMemo(() => sample(sweep, output, selection), [sweep, output, selection]);
  const [width, setWidth] = useState(CELL_PX);
  const perRow = Math.max(1, Math.floor(width / CELL_PX));
  const option = useCallback(
    (colours: ChartColours, available: number) => {
      setWidth(available);
      return gridOption({ inputs, output, drawn, selection, colours, width: available, runs: sweep.runs });
    },
    [inputs, output, drawn, selection, sweep],
  );
  const brush = (box: Box, chart: ECharts) => {
    const middle = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const cell = inputs.findIndex((_, index) => chart.containPixel({ gridIndex: index }, middle));
    const input = inputs[cell];
    if (input) {
      const [from, to] = [
        chart.convertFromPixel({ gridIndex: cell }, [box.left, box.bottom]),
        chart.convertFromPixel({ gridIndex: cell }, [box.right, box.top]),
      ] as [[number, number], [number, number]];
      const both = withBrush(brushes, input.name, { from: tidy(from[0]), to: tidy(to[0]) });
      onBrushes(withBrush(both, output.name, { from: tidy(from[1]), to: tidy(to[1]) }));
    }
  };

  return (
    <Panel title={text.scatter(output.name)}>
      {inputs.length === 0 ? (
        <p>{text.noInputs}</p>
      ) : (
        <>
          <p className="muted">
            <Name>
              {text.scatterSentence(
                output.name,
                formatCount(inputs.length),
                formatCount(drawn.length),
                formatCount(sweep.count),
              )}
            </Name>
          </p>
          <Chart
            label={text.scatter(output.name)}
            height={Math.ceil(inputs.length / perRow) * CELL_HEIGHT_PX}
            fileName={fileName}
            option={option}
            onPoint={(_, data) => onLook((data as number[])[2]!)}
            onBox={brush}
          />
          {all.length > FEW_INPUTS && (
            <Button size="compact-sm" onClick={() => setAreAll(!areAll)}>
              {areAll ? text.fewInputs : text.allInputs(formatCount(all.length))}
            </Button>
          )}
        </>
      )}
    </Panel>
  );
}

const tidy = (value: number) => Number(value.toPrecision(6));

/** Rows that have the output: selected ones first, then others, each a fair sample. */
function sample(sweep: Sweep, output: SweepColumn, selection: Selection): number[] {
  const order = Array.from(shuffledRows(sweep.count)).filter((row) => !Number.isNaN(output.values[row]!));
  const selected = order.filter((row) => selection.has[row] === 1).slice(0, MAX_POINTS);
  const others = order.filter((row) => selection.has[row] === 0);
  return [...others.slice(0, MAX_POINTS - selected.length), ...selected];
}

interface GridParts {
  inputs: readonly SweepColumn[];
  output: SweepColumn;
  drawn: readonly number[];
  selection: Selection;
  colours: ChartColours;
  width: number;
  runs: Int32Array;
}

function gridOption({ inputs, output, drawn, selection, colours, width, runs }: GridParts) {
  const perRow = Math.max(1, Math.floor(width / CELL_PX));
  const cell = width / perRow;
  const { charts: text } = words.sweep;
  const pointsOf = (input: SweepColumn, isSelected: boolean) =>
    drawn
      .filter((row) => (selection.has[row] === 1) === isSelected && !Number.isNaN(input.values[row]!))
      .map((row) => [input.values[row]!, output.values[row]!, row]);
  const style = axisStyle(colours);
  const tell = (column: SweepColumn) => ({
    ...style.axisLabel,
    formatter: (value: number) =>
      tellValue(column, column.categories === null ? Number(value.toPrecision(3)) : value),
  });
  return {
    tooltip: {
      formatter: ({
        data: [x, y, row],
        seriesIndex,
      }: {
        data: [number, number, number];
        seriesIndex: number;
      }) => {
        const input = inputs[seriesIndex >> 1]!;
        return `${text.run(formatCount(runs[row]!))}\n${input.name} = ${tellValue(input, x)}\n${output.name} = ${tellValue(output, y)}`;
      },
    },
    grid: inputs.map((_, index) => ({
      left: (index % perRow) * cell + 56,
      top: Math.floor(index / perRow) * CELL_HEIGHT_PX + 12,
      width: cell - 72,
      height: CELL_HEIGHT_PX - 60,
    })),
    xAxis: inputs.map((input, gridIndex) => ({
      ...{
        ...style,
        type: 'value',
        gridIndex,
        scale: true,
        name: cut(input.name),
        nameLocation: 'middle',
        nameGap: 24,
      },
      ...{
        axisLabel: tell(input),
        splitNumber: 4,
        min: input.min,
        max: input.max,
        minInterval: input.categories ? 1 : 0,
      },
    })),
    yAxis: inputs.map((_, gridIndex) => ({
      ...{ ...style, type: 'value', gridIndex, scale: true, axisLabel: tell(output), splitNumber: 4 },
    })),
    series: inputs.flatMap((input, index) =>
      [false, true].map((isSelected) => ({
        ...{ type: 'scatter', name: input.name, xAxisIndex: index, yAxisIndex: index, symbolSize: 4 },
        data: pointsOf(input, isSelected),
        itemStyle: { color: isSelected ? colours.accent : colours.edge, opacity: isSelected ? 0.7 : 0.3 },
      })),
    ),
  };
}

function cut(name: string): string {
  const MAX = 28;
  return name.length > MAX ? `${name.slice(0, MAX - 1)}…` : name;
}
