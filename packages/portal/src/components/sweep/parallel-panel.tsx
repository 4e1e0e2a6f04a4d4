import { Button, NativeSelect } from '@mantine/core';
import { useRef, useState } from 'react';
import { Panel } from '../../ui/panel.tsx';
import { saveBlob } from '../../ui/save-blob.ts';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { AxisSettings } from './axis-settings.tsx';
import styles from './parallel-plot.module.css';
import { type Mark, ParallelPlot, type ParallelPlotHandle } from './parallel-plot.tsx';
import { type Brush, type Narrowing, type Selection, withBrush } from './selection.ts';
import { MAX_AXES, moveAxis, type ShownAxis } from './shown-axes.ts';
import { type Sweep, subjects } from './sweep-table.ts';
import type { AxisChoice } from './sweep-view.ts';

interface ParallelPanelProps {
  sweep: Sweep;
  /** What a picture that is saved is called. */
  fileName: string;
  axes: readonly ShownAxis[];
  areAxesChosen: boolean;
  narrowing: Narrowing;
  selection: Selection;
  marks: readonly Mark[];
  /** What is not named stays; `axes` is null for those that differ. */
  onView: (changes: { brushes?: readonly Brush[]; axes?: readonly AxisChoice[] | null }) => void;
}

/** Parallel coordinates with all that sets them up. */
export function ParallelPanel(props: ParallelPanelProps) {
  const { sweep, fileName, axes, areAxesChosen, narrowing, selection, marks, onView } = props;
  const { parallel: text } = words.sweep;
  const plot = useRef<ParallelPlotHandle>(null);
  const [active, setActive] = useState<string | null>(null);
  const choices = axes.map(({ choice }) => choice);
  const shown = new Set(axes.map(({ data }) => data.name));
  const hidden = sweep.columns.filter(({ name, min }) => !shown.has(name) && !Number.isNaN(min));
  const differing = subjects(sweep).filter(({ isDiffering }) => isDiffering).length;
  const place = axes.findIndex(({ data }) => data.name === active);
  const axis = axes[place];
  const save = async () => {
    const picture = await plot.current?.picture();
    if (picture) {
      saveBlob(picture, `${fileName}.png`);
    }
  };

  if (axes.length === 0) {
    return null;
  }
  return (
    <Panel title={text.title}>
      <ParallelPlot
        sweep={sweep}
        axes={axes}
        narrowing={narrowing}
        selection={selection}
        marks={marks}
        active={active}
        handle={plot}
        onBrushes={(brushes) => onView({ brushes })}
        onSettings={(column) => setActive(active === column ? null : column)}
        onMove={(column, to) => onView({ axes: moveAxis(choices, column, to) })}
      />
      {!areAxesChosen && differing > axes.length && (
        <p className="muted">{text.more(formatCount(axes.length), formatCount(differing))}</p>
      )}
      <p className="muted">{text.brushHelp}</p>
      {axis && (
        <AxisSettings
          key={axis.data.name}
          axis={axis}
          place={place}
          count={axes.length}
          brush={narrowing.brushes.find(({ column }) => column === active)}
          onBrush={(ends) => onView({ brushes: withBrush(narrowing.brushes, axis.data.name, ends) })}
          onChange={(choice) =>
            onView({ axes: choices.map((each) => (each.column === active ? choice : each)) })
          }
          onMove={(to) => onView({ axes: moveAxis(choices, axis.data.name, to) })}
          onHide={() =>
            onView({
              brushes: withBrush(narrowing.brushes, axis.data.name, null),
              axes: choices.filter(({ column }) => column !== active),
            })
          }
        />
      )}
      <div className={styles.tools}>
        {hidden.length > 0 && axes.length < MAX_AXES && (
          <NativeSelect
            size="xs"
            label={text.add}
            value=""
            data={['', ...hidden.map(({ name }) => name)]}
            onChange={(event) => {
              const column = event.currentTarget.value;
              onView({ axes: [...choices, { column, scale: 'linear', isFlipped: false }] });
              setActive(column);
            }}
          />
        )}
        {areAxesChosen && (
          <Button size="xs" onClick={() => onView({ axes: null })}>
            {text.reset}
          </Button>
        )}
        <Button size="xs" onClick={() => void save()}>
          {text.png}
        </Button>
      </div>
    </Panel>
  );
}
