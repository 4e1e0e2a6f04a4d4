import { Button, Checkbox, NativeSelect } from '@mantine/core';
import type { RefObject } from 'react';
import { resolveColour } from '../../ui/colours.ts';
import { Name } from '../../ui/name.tsx';
import { notifyFailed } from '../../ui/notify.tsx';
import { saveBlob } from '../../ui/save-blob.ts';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { plotToCsv, plotToPng } from './chart-export.ts';
import styles from './chart-tools.module.css';
import type { ChartOptions, PlotRange } from './choose-columns.ts';
import { lineColour, lineDash } from './line-style.ts';
import { type Plot, type PlotChoice, ROW_NUMBER } from './plot-data.ts';
import { type Move, moveRange } from './range.ts';

const SMOOTHINGS = [1, 5, 21, 101];
const MOVES: readonly Move[] = ['zoomIn', 'zoomOut', 'earlier', 'later'];

interface ChartToolsProps {
  names: readonly string[];
  choice: PlotChoice;
  range: PlotRange | null;
  plot: Plot;
  onOptions: (changes: Partial<ChartOptions>) => void;
  canvas: RefObject<HTMLCanvasElement | null>;
  title: string;
  xLabel: string;
}

/** What is shown of a file, how, and where to; and how to take it away. */
export function ChartTools({
  names,
  choice,
  range,
  plot,
  onOptions,
  canvas,
  title,
  xLabel,
}: ChartToolsProps) {
  const text = words.viewers.chart;
  const ys = names.filter((name) => name !== choice.x);
  const toggle = (name: string) =>
    onOptions({
      ys: choice.ys.includes(name) ? choice.ys.filter((each) => each !== name) : [...choice.ys, name],
    });
  const savePng = async () => {
    if (canvas.current) {
      const lines = plot.lines.map(({ label }, index) => ({
        label,
        colour: lineColour(index),
        dash: lineDash(index),
      }));
      const colours = { page: resolveColour('--page'), text: resolveColour('--text') };
      saveBlob(await plotToPng(canvas.current, { title, colours, lines }), `${baseName(title)}.png`);
    }
  };
  const saveCsv = () =>
    saveBlob(new Blob([plotToCsv(plot, xLabel)], { type: 'text/csv' }), `${baseName(title)}.csv`);
  return (
    <div className={styles.tools}>
      <NativeSelect
        label={text.x}
        size="xs"
        value={choice.x}
        onChange={(event) => {
          const { value } = event.currentTarget;
          onOptions({ x: value === ROW_NUMBER ? null : value, isCounted: value === ROW_NUMBER, range: null });
        }}
        data={[
          { value: ROW_NUMBER, label: text.rowNumber },
          ...names.map((name) => ({ value: name, label: name })),
        ]}
      />
      <NativeSelect
        label={text.smoothing}
        size="xs"
        value={String(choice.smoothing)}
        onChange={(event) => onOptions({ smoothing: Number(event.currentTarget.value) })}
        data={SMOOTHINGS.map((points) => ({
          value: String(points),
          label: points === 1 ? text.noSmoothing : text.points(formatCount(points)),
        }))}
      />
      <Checkbox
        label={text.logX}
        checked={choice.logX}
        onChange={() => onOptions({ logX: !choice.logX, range: null })}
      />
      <Checkbox label={text.logY} checked={choice.logY} onChange={() => onOptions({ logY: !choice.logY })} />
      <div className={styles.buttons}>
        {MOVES.map((move) => (
          <Button
            key={move}
            size="compact-sm"
            onClick={() => onOptions({ range: moveRange(range, plot.x, move, choice.logX) })}
          >
            {text[move]}
          </Button>
        ))}
        <Button size="compact-sm" disabled={range === null} onClick={() => onOptions({ range: null })}>
          {text.whole}
        </Button>
        <Button
          size="compact-sm"
          onClick={() => void savePng().catch((error) => notifyFailed(text.csvFailed, error))}
        >
          {text.png}
        </Button>
        <Button size="compact-sm" onClick={saveCsv}>
          {text.csv}
        </Button>
      </div>
      {ys.length > 1 && (
        <details className={styles.columns} open={ys.length <= 12}>
          <summary>{text.columns(formatCount(choice.ys.length), formatCount(ys.length))}</summary>
          <div className={styles.choices}>
            {ys.map((name) => (
              <Checkbox
                key={name}
                size="xs"
                label={<Name>{name}</Name>}
                checked={choice.ys.includes(name)}
                onChange={() => toggle(name)}
              />
            ))}
          </div>
        </details>
      )}
    </div>
  );
}

function baseName(path: string): string {
  return (
    (path.split(',')[0] ?? '')
      .split('/')
      .at(-1)!
      .replace(/\.[^.]*$/, '') || 'chart'
  );
}
