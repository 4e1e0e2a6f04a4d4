import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { ActionButton } from '../../ui/action-button.tsx';
import { Name } from '../../ui/name.tsx';
import { canBeLogarithmic, type ScaleKind } from '../../viewers/sweep/axis-scale.ts';
import { words } from '../../words/words.ts';
import styles from './parallel-plot.module.css';
import { readNumber } from './read-number.ts';
import type { Brush } from './selection.ts';
import type { ShownAxis } from './shown-axes.ts';
import type { AxisChoice } from './sweep-view.ts';

const SCALES: readonly ScaleKind[] = ['linear', 'log', 'rank'];

interface AxisSettingsProps {
  axis: ShownAxis;
  place: number;
  count: number;
  brush: Brush | undefined;
  onBrush: (ends: Omit<Brush, 'column'> | null) => void;
  onChange: (choice: AxisChoice) => void;
  onMove: (to: number) => void;
  onHide: () => void;
}

/** All that can be done to an axis by a pointer, with fields and buttons. */
export function AxisSettings(props: AxisSettingsProps) {
  const { axis, place, count, brush, onBrush, onChange, onMove, onHide } = props;
  const { parallel: text } = words.sweep;
  const { choice, data } = axis;
  const refusalOf = (scale: ScaleKind) => {
    if (data.categories !== null && scale !== 'linear') {
      return text.noScale;
    }
    return scale === 'log' && !canBeLogarithmic(data) ? text.noLog : null;
  };
  return (
    <fieldset className={styles.settings}>
      <legend>
        <Name>{data.name}</Name>
      </legend>
      {(['from', 'to'] as const).map((end) => (
        <BrushEnd
          key={end}
          label={text[end]}
          value={brush?.[end]}
          categories={data.categories}
          onChange={(value) => {
            const open = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
            const next = { ...open, ...brush, [end]: value ?? open[end] };
            const isOpen = next.from === open.from && next.to === open.to;
            onBrush(isOpen ? null : { from: next.from, to: next.to });
          }}
        />
      ))}
      {SCALES.map((scale) => (
        <ActionButton
          key={scale}
          size="compact-sm"
          variant={choice.scale === scale ? 'light' : 'default'}
          aria-pressed={choice.scale === scale}
          refusal={refusalOf(scale)}
          onClick={() => onChange({ ...choice, scale })}
        >
          {text.scales[scale]}
        </ActionButton>
      ))}
      <Button
        size="compact-sm"
        variant={choice.isFlipped ? 'light' : 'default'}
        aria-pressed={choice.isFlipped}
        onClick={() => onChange({ ...choice, isFlipped: !choice.isFlipped })}
      >
        {text.flip}
      </Button>
      <ActionButton
        size="compact-sm"
        refusal={place === 0 ? text.first : null}
        onClick={() => onMove(place - 1)}
      >
        {text.left}
      </ActionButton>
      <ActionButton
        size="compact-sm"
        refusal={place === count - 1 ? text.last : null}
        onClick={() => onMove(place + 1)}
      >
        {text.right}
      </ActionButton>
      <ActionButton size="compact-sm" refusal={count === 1 ? text.onlyOne : null} onClick={onHide}>
        {text.hide}
      </ActionButton>
      {brush && (
        <Button size="compact-sm" onClick={() => onBrush(null)}>
          {text.clearBrush}
        </Button>
      )}
    </fieldset>
  );
}

interface BrushEndProps {
  label: string;
  value: number | undefined;
  categories: readonly string[] | null;
  /** Undefined for an end that is open. */
  onChange: (value: number | undefined) => void;
}

/** An end of a brush as a number, or as one of the texts of a column. */
function BrushEnd({ label, value, categories, onChange }: BrushEndProps) {
  const shown = value !== undefined && Number.isFinite(value) ? String(value) : '';
  const [typed, setTyped] = useState(shown);
  useEffect(() => setTyped(shown), [shown]);
  if (categories !== null) {
    return (
      <NativeSelect
        className={styles.end}
        size="xs"
        label={label}
        value={shown}
        data={[
          { value: '', label: '' },
          ...categories.map((text, code) => ({ value: String(code), label: text })),
        ]}
        onChange={(event) => {
          const code = event.currentTarget.value;
          onChange(code === '' ? undefined : Number(code));
        }}
      />
    );
  }
  const number = readNumber(typed);
  const isWrong = typed.trim() !== '' && number === null;
  const commit = () => {
    if (!isWrong && typed !== shown) {
      onChange(number ?? undefined);
    }
  };
  return (
    <TextInput
      className={styles.end}
      size="xs"
      label={label}
      inputMode="decimal"
      value={typed}
      error={isWrong ? words.sweep.parallel.noNumber : null}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === 'Enter' && commit()}
    />
  );
}
