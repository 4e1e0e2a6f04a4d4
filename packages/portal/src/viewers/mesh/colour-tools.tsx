import { NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { mesh as words } from '../../words/en/mesh.ts';
import { COLOUR_MAPS, type ColourMapName } from './colour-maps.ts';
import { type MeshOptions, shownComponent } from './mesh-options.ts';
import styles from './mesh-view.module.css';
import type { ArrayInfo } from './messages.ts';
import type { RangeChoice, ValueRange } from './value-range.ts';

interface ColourToolsProps {
  arrays: readonly ArrayInfo[];
  array: ArrayInfo | null;
  /** The range that is shown, from which a fixed one begins. */
  range: ValueRange;
  options: MeshOptions;
  onOptions: (changes: Partial<MeshOptions>) => void;
}

const NONE = 'none';
const keyOf = ({ association, name }: ArrayInfo) => `${association} ${name}`;

/** What the colours stand for. */
export function ColourTools({ arrays, array, range, options, onOptions }: ColourToolsProps) {
  return (
    <>
      <NativeSelect
        label={words.colour}
        value={array ? keyOf(array) : NONE}
        onChange={(event) => {
          const chosen = arrays.find((each) => keyOf(each) === event.currentTarget.value) ?? null;
          onOptions({
            array: chosen && { association: chosen.association, name: chosen.name },
            component: -1,
            // What was typed belongs to the array that it was typed for.
            range: { kind: 'data' },
            unit: '',
          });
        }}
      >
        {arrays.map((each) => (
          <option key={keyOf(each)} value={keyOf(each)}>
            {`${each.name} (${each.association === 'point' ? words.ofPoints : words.ofCells})`}
          </option>
        ))}
        <option value={NONE}>{words.oneColour}</option>
      </NativeSelect>
      {array && array.components > 1 && (
        <NativeSelect
          label={words.component}
          value={shownComponent(options.component, array.components)}
          onChange={(event) => onOptions({ component: Number(event.currentTarget.value) })}
        >
          <option value={-1}>{words.magnitude}</option>
          {Array.from({ length: array.components }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: components have no other name
            <option key={index} value={index}>
              {componentName(array.components, index)}
            </option>
          ))}
        </NativeSelect>
      )}
      {array && (
        <>
          <NativeSelect
            label={words.map}
            value={options.map}
            onChange={(event) => onOptions({ map: event.currentTarget.value as ColourMapName })}
            data={COLOUR_MAPS.map((map) => ({ value: map, label: words.maps[map] }))}
          />
          <RangeFields choice={options.range} range={range} onChange={(range) => onOptions({ range })} />
          {array.unit === null && (
            <TextInput
              className={styles.number}
              label={words.unit}
              value={options.unit}
              maxLength={32}
              onChange={(event) => onOptions({ unit: event.currentTarget.value })}
            />
          )}
        </>
      )}
    </>
  );
}

export function componentName(components: number, index: number): string {
  return components <= 3 ? words.components[index]! : String(index + 1);
}

interface RangeFieldsProps {
  choice: RangeChoice;
  range: ValueRange;
  onChange: (choice: RangeChoice) => void;
}

function RangeFields({ choice, range, onChange }: RangeFieldsProps) {
  const change = (kind: RangeChoice['kind']) =>
    onChange(kind === 'fixed' ? { kind, low: range[0], high: range[1] } : { kind });
  return (
    <>
      <NativeSelect
        label={words.range}
        value={choice.kind}
        onChange={(event) => change(event.currentTarget.value as RangeChoice['kind'])}
        data={(['data', 'symmetric', 'fixed'] as const).map((kind) => ({
          value: kind,
          label: words.ranges[kind],
        }))}
      />
      {choice.kind === 'fixed' && <FixedRange choice={choice} onChange={onChange} />}
    </>
  );
}

/** What is typed stays as it was typed; it is taken as soon as it is a range. */
function FixedRange({
  choice,
  onChange,
}: {
  choice: Extract<RangeChoice, { kind: 'fixed' }>;
  onChange: (choice: RangeChoice) => void;
}) {
  const [typed, setTyped] = useState({ low: String(choice.low), high: String(choice.high) });
  const read = (text: string) => (text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.')));
  const isRange = (low: number, high: number) => Number.isFinite(low) && Number.isFinite(high) && low < high;
  const change = (changes: Partial<typeof typed>) => {
    const next = { ...typed, ...changes };
    setTyped(next);
    const [low, high] = [read(next.low), read(next.high)];
    if (isRange(low, high)) {
      onChange({ kind: 'fixed', low, high });
    }
  };
  const error = isRange(read(typed.low), read(typed.high)) ? null : words.badRange;
  return (
    <>
      <TextInput
        className={styles.number}
        label={words.low}
        inputMode="decimal"
        value={typed.low}
        error={error !== null}
        onChange={(event) => change({ low: event.currentTarget.value })}
      />
      <TextInput
        className={styles.number}
        label={words.high}
        inputMode="decimal"
        value={typed.high}
        error={error}
        onChange={(event) => change({ high: event.currentTarget.value })}
      />
    </>
  );
}
