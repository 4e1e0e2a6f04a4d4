import { NativeSelect } from '@mantine/core';
import type { Job, ResponseSurface } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { toHex } from '../../ui/colours.ts';
import { ErrorState } from '../../ui/error-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { axisStyle, Chart, type ChartColours } from '../../viewers/sweep/chart.tsx';
import { type Cell, evaluate, type Point, surfaceCells, usualDegree } from '../../viewers/sweep/surface.ts';
import { VIRIDIS } from '../../viewers/sweep/viridis.ts';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { Best } from './best-run.ts';
import { mostRelated } from './relatedness.ts';
import type { Selection } from './selection.ts';
import { tellValue } from './shown-axes.ts';
import styles from './sweep-charts.module.css';
import { surfaceQuery } from './sweep-queries.ts';
import type { Sweep, SweepColumn } from './sweep-table.ts';
import { type SweepView, writeValues } from './sweep-view.ts';

const CELLS = 40;
const MAX_POINTS = 1000;
const HEIGHT_PX = 420;
const DEGREES = ['1', '2', '3'];

interface SurfacePanelProps {
  job: Job;
  sweep: Sweep;
  output: SweepColumn;
  best: Best | null;
  selection: Selection;
  surface: SweepView['surface'];
  onChange: (changes: Record<string, string | undefined>) => void;
}

/** The output as a polynomial over two inputs, the others held where sliders say. */
export function SurfacePanel(props: SurfacePanelProps) {
  const { job, sweep, output, best, selection, surface, onChange } = props;
  const { surface: text } = words.sweep;
  const inputs = useMemo(
    () =>
      mostRelated(
        sweep.columns.filter(({ kind, categories }) => kind === 'input' && categories === null),
        output,
      ),
    [sweep, output],
  );
  const fitted = useMemo(
    () =>
      sweep.states.filter((state, row) => state === 'succeeded' && !Number.isNaN(output.values[row]!)).length,
    [sweep, output],
  );
  const degree = surface.degree ?? usualDegree(inputs.length, fitted);
  const query = useQuery({ ...surfaceQuery(job.id, output.name, degree), enabled: inputs.length >= 2 });
  const x = inputs.find(({ name }) => name === surface.x) ?? inputs.find(({ name }) => name !== surface.y);
  const y =
    inputs.find(({ name }) => name === surface.y && name !== x?.name) ??
    inputs.find(({ name }) => name !== x?.name);
  if (!x || !y) {
    return (
      <Panel title={text.title(output.name)}>
        <p>{text.twoInputs}</p>
      </Panel>
    );
  }
  const choose = (label: string, axis: 'x' | 'y', chosen: SweepColumn, other: SweepColumn) => (
    <NativeSelect
      size="xs"
      label={label}
      value={chosen.name}
      data={inputs.filter(({ name }) => name !== other.name).map(({ name }) => name)}
      onChange={(event) => onChange({ x: x.name, y: y.name, [axis]: event.currentTarget.value })}
    />
  );
  return (
    <Panel title={text.title(output.name)}>
      <div className={styles.choices}>
        {choose(text.x, 'x', x, y)}
        {choose(text.y, 'y', y, x)}
        <NativeSelect
          size="xs"
          label={text.degree}
          value={String(degree)}
          data={DEGREES}
          onChange={(event) => onChange({ degree: event.currentTarget.value })}
        />
      </div>
      {query.error && query.data === undefined ? (
        <>
          <p>{text.impossible}</p>
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        </>
      ) : query.data === undefined ? (
        <Loading rows={5} height={40} />
      ) : (
        <Fitted
          fileName={`${job.id}-surface`}
          fit={query.data}
          {...{ sweep, output, best, selection, x, y }}
          others={inputs.filter((input) => input !== x && input !== y)}
          at={surface.at}
          onAt={(at) => onChange({ at: writeValues(at) })}
        />
      )}
    </Panel>
  );
}

interface FittedProps extends Pick<SurfacePanelProps, 'sweep' | 'output' | 'best' | 'selection'> {
  fileName: string;
  fit: ResponseSurface;
  x: SweepColumn;
  y: SweepColumn;
  others: readonly SweepColumn[];
  at: ReadonlyMap<string, number>;
  onAt: (at: ReadonlyMap<string, number>) => void;
}

function Fitted(props: FittedProps) {
  const { fileName, fit, sweep, output, best, selection, x, y, others, at, onAt } = props;
  const { surface: text } = words.sweep;
  // A slider moves the surface at once, and the address when it is let go.
  const [moved, setMoved] = useState(at);
  useEffect(() => setMoved(at), [at]);
  const held = useMemo(
    () =>
      new Map(
        others.map((input) => {
          const usual = best === null ? (input.min + input.max) / 2 : input.values[best.row]!;
          return [input.name, moved.get(input.name) ?? usual];
        }),
      ),
    [others, best, moved],
  );
  const rows = useMemo(() => rowsWith(selection.rows, x, y, output), [selection, x, y, output]);
  const design = useMemo(() => pointsOf(rowsWith(allRows(sweep.count), x, y, null), x, y), [sweep, x, y]);
  const cells = useMemo(
    () => surfaceCells(fit.terms, { x, y, cells: CELLS, others: held, points: design }),
    [fit, x, y, held, design],
  );
  const option = useCallback(
    (colours: ChartColours) => surfaceOption({ cells, rows, x, y, output, colours, runs: sweep.runs }),
    [cells, rows, x, y, output, sweep],
  );
  const tell = (value: number) => tellValue({ categories: null }, Number(value.toPrecision(4)));
  const bestHere = best === null ? null : valueAtBest(fit, sweep, best.row);
  return (
    <>
      <p>
        {text.fit(String(fit.degree), formatCount(fit.runs))}{' '}
        {fit.rSquared !== null && `${text.rSquared(fit.rSquared.toFixed(3))}, `}
        {fit.rootMeanSquareError === null ? text.noError : text.error(tell(fit.rootMeanSquareError))}.{' '}
        {bestHere !== null && text.atBest(tell(bestHere), tell(best!.value))} {text.outside}
      </p>
      {fit.warnings.map((warning) => (
        <p key={warning}>{warning}</p>
      ))}
      <Chart
        label={text.label(output.name, x.name, y.name)}
        height={HEIGHT_PX}
        fileName={fileName}
        option={option}
      />
      <p className="muted">{text.points(formatCount(rows.length))}</p>
      {others.length > 0 && (
        <details open={others.length <= 6}>
          <summary>{text.others(formatCount(others.length))}</summary>
          <div className={styles.sliders}>
            {others.map((input) => {
              const value = held.get(input.name)!;
              return (
                <label key={input.name}>
                  <Name>{text.at(input.name, tell(value))}</Name>
                  <input
                    type="range"
                    min={input.min}
                    max={input.max}
                    step={(input.max - input.min) / 200}
                    value={value}
                    onChange={(event) =>
                      setMoved(
                        new Map([...moved, [input.name, Number(Number(event.target.value).toPrecision(6))]]),
                      )
                    }
                    onPointerUp={() => onAt(moved)}
                    onKeyUp={() => onAt(moved)}
                  />
                </label>
              );
            })}
          </div>
        </details>
      )}
    </>
  );
}

const allRows = (count: number) => Uint32Array.from({ length: count }, (_, row) => row);

/** Rows with a value in both inputs and, where one is asked for, the output. */
function rowsWith(rows: Uint32Array, x: SweepColumn, y: SweepColumn, output: SweepColumn | null): number[] {
  const has = (column: SweepColumn | null, row: number) =>
    column === null || !Number.isNaN(column.values[row]!);
  const found = Array.from(rows).filter((row) => has(x, row) && has(y, row) && has(output, row));
  return output === null ? found : found.slice(0, MAX_POINTS);
}

function pointsOf(rows: readonly number[], x: SweepColumn, y: SweepColumn): Point[] {
  return rows.map((row) => [x.values[row]!, y.values[row]!] as const);
}

/** What the polynomial says of the best run, to be held against what that printed. */
function valueAtBest(fit: ResponseSurface, sweep: Sweep, row: number): number {
  const names = new Set(fit.terms.flatMap(({ powers }) => Object.keys(powers)));
  return evaluate(
    fit.terms,
    new Map(Array.from(names, (name) => [name, sweep.byName.get(name)?.values[row] ?? 0])),
  );
}

interface SurfaceParts {
  cells: readonly Cell[];
  rows: readonly number[];
  x: SweepColumn;
  y: SweepColumn;
  output: SweepColumn;
  colours: ChartColours;
  runs: Int32Array;
}

interface RenderApi {
  value: (dimension: number) => number;
  coord: (point: readonly number[]) => [number, number];
  visual: (name: string) => string;
}

function surfaceOption({ cells, rows, x, y, output, colours, runs }: SurfaceParts) {
  const inside = cells.filter(({ isInside }) => isInside);
  const shown = [...inside.map(({ value }) => value), ...rows.map((row) => output.values[row]!)];
  const [min, max] = [Math.min(...shown), Math.max(...shown)];
  const half = { x: (x.max - x.min) / CELLS / 2, y: (y.max - y.min) / CELLS / 2 };
  const tell = (value: number) => tellValue({ categories: null }, Number(value.toPrecision(4)));
  const rectangle = (fill: (api: RenderApi) => string) => (_: unknown, api: RenderApi) => {
    const [left, bottom] = api.coord([api.value(0) - half.x, api.value(1) - half.y]);
    const [right, top] = api.coord([api.value(0) + half.x, api.value(1) + half.y]);
    // Half a pixel over its neighbours, or the page would show through between them.
    const shape = { x: left, y: top, width: right - left + 0.5, height: bottom - top + 0.5 };
    return { type: 'rect', shape, style: { fill: fill(api) } };
  };
  const style = axisStyle(colours);
  const axis = (column: SweepColumn) => ({
    ...style,
    ...{ type: 'value', name: column.name, nameLocation: 'middle', nameGap: 32, scale: true },
    ...{ min: column.min, max: column.max, axisLabel: { ...style.axisLabel, formatter: tell } },
    splitLine: { show: false },
  });
  const dataOf = (list: readonly Cell[]) => list.map((cell) => [cell.x, cell.y, cell.value]);
  return {
    grid: { left: 72, right: 96, top: 16, bottom: 52 },
    xAxis: axis(x),
    yAxis: { ...axis(y), nameGap: 52 },
    visualMap: {
      ...{ type: 'continuous', min, max: max > min ? max : min + 1, dimension: 2, seriesIndex: [1, 2] },
      ...{ right: 0, top: 'middle', itemHeight: 240, itemWidth: 14, calculable: false, precision: 4 },
      inRange: { color: VIRIDIS.map(toHex) },
      text: [tell(max), tell(min)],
      textStyle: { color: colours.text },
    },
    tooltip: {
      formatter: ({ data: [at, up, value, row] }: { data: [number, number, number, number?] }) =>
        [
          ...(row === undefined ? [] : [words.sweep.charts.run(formatCount(runs[row]!))]),
          `${x.name} = ${tell(at)}`,
          `${y.name} = ${tell(up)}`,
          `${output.name} = ${tell(value)}`,
        ].join('\n'),
    },
    series: [
      {
        ...{
          type: 'custom',
          data: dataOf(cells.filter(({ isInside }) => !isInside)),
          silent: true,
          clip: true,
        },
        renderItem: rectangle(() => colours.divider),
      },
      {
        ...{ type: 'custom', data: dataOf(inside), clip: true },
        renderItem: rectangle((api) => api.visual('color')),
      },
      {
        ...{ type: 'scatter', symbolSize: 7 },
        data: rows.map((row) => [x.values[row]!, y.values[row]!, output.values[row]!, row]),
        itemStyle: { borderColor: colours.page, borderWidth: 1 },
      },
    ],
  };
}
