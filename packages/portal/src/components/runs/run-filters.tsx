import { Button, Checkbox, CloseButton, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Name } from '../../ui/name.tsx';
import { formatCount, formatNumber, parseNumber } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from './run-filters.module.css';
import type { RunVariable } from './run-variables.ts';
import { type Bound, boundInAddress, canBeAsked, RUN_STATES, type RunView } from './run-view.ts';

interface RunFiltersProps {
  view: RunView;
  variables: readonly RunVariable[];
  shown: readonly RunVariable[];
  onChange: (changes: Record<string, string | undefined>) => void;
}

/** Which runs and which of their variables are listed; each choice is in the address. */
export function RunFiltersBar({ view, variables, shown, onChange }: RunFiltersProps) {
  const { filters: text } = words.runs;
  return (
    <search className={styles.bar} aria-label={text.label}>
      <fieldset className={styles.states}>
        <legend className="visually-hidden">{text.states}</legend>
        {RUN_STATES.map((state) => (
          <Button
            key={state}
            size="compact-sm"
            variant={view.state === state ? 'light' : 'default'}
            aria-pressed={view.state === state}
            onClick={() => onChange({ state: state === 'all' ? undefined : state })}
          >
            {text[state]}
          </Button>
        ))}
      </fieldset>
      {view.bounds.map((bound) => (
        <BoundChip key={bound.column} bound={bound} onChange={onChange} />
      ))}
      <NarrowByValue variables={variables} onChange={onChange} />
      <ColumnChoice variables={variables} shown={shown} onChange={onChange} />
    </search>
  );
}

function BoundChip({ bound, onChange }: { bound: Bound; onChange: RunFiltersProps['onChange'] }) {
  const { filters: text } = words.runs;
  const { column, min, max } = bound;
  const say = (value: number | null) => (value === null ? null : formatNumber(value));
  return (
    <span className={styles.chip}>
      <Name>{text.bound(column, say(min), say(max))}</Name>
      <CloseButton
        size="sm"
        aria-label={text.removeBound(column)}
        onClick={() => onChange(boundInAddress({ column, min: null, max: null }))}
      />
    </span>
  );
}

function NarrowByValue({ variables, onChange }: Pick<RunFiltersProps, 'variables' | 'onChange'>) {
  const { filters: text, columns } = words.runs;
  const [column, setColumn] = useState('');
  const [ends, setEnds] = useState({ min: '', max: '' });
  const [problem, setProblem] = useState<string | null>(null);
  const choices = [
    { value: 'wallSeconds', label: `${columns.duration} (s)` },
    { value: 'exitCode', label: columns.exit },
    ...variables
      .filter((each) => each.isNumber && canBeAsked(each.column))
      .map((each) => ({ value: each.column, label: each.name })),
  ];
  const narrow = (event: FormEvent) => {
    event.preventDefault();
    const [min, max] = [ends.min, ends.max].map((typed) =>
      typed.trim() === '' ? undefined : parseNumber(typed),
    );
    if (min === null || max === null) {
      setProblem(text.notANumber);
    } else if (min === undefined && max === undefined) {
      setProblem(text.noBound);
    } else {
      setProblem(null);
      setEnds({ min: '', max: '' });
      onChange(boundInAddress({ column: column || choices[0]!.value, min: min ?? null, max: max ?? null }));
    }
  };
  const end = (which: 'min' | 'max') => (
    <TextInput
      size="xs"
      className={styles.number}
      aria-label={text[which]}
      placeholder={text[which]}
      inputMode="decimal"
      value={ends[which]}
      error={problem !== null && which === 'min' ? problem : problem !== null}
      onChange={(event) => setEnds({ ...ends, [which]: event.currentTarget.value })}
    />
  );
  return (
    <details className={styles.more}>
      <summary>{text.byValue}</summary>
      <form className={styles.form} onSubmit={narrow}>
        <NativeSelect
          size="xs"
          aria-label={text.column}
          data={choices}
          value={column || choices[0]!.value}
          onChange={(event) => setColumn(event.currentTarget.value)}
        />
        {end('min')}
        {end('max')}
        <Button size="compact-sm" type="submit">
          {text.apply}
        </Button>
      </form>
    </details>
  );
}

function ColumnChoice({ variables, shown, onChange }: Omit<RunFiltersProps, 'view'>) {
  if (variables.length === 0) {
    return null;
  }
  const names = new Set(shown.map(({ name }) => name));
  const toggle = (name: string, isShown: boolean) => {
    const next = variables.filter((each) => (each.name === name ? isShown : names.has(each.name)));
    onChange({ cols: next.map((each) => encodeURIComponent(each.name)).join(',') || '-' });
  };
  return (
    <details className={styles.more}>
      <summary>{words.runs.shownColumns(formatCount(shown.length), formatCount(variables.length))}</summary>
      <div className={styles.columns}>
        {variables.map(({ name }) => (
          <Checkbox
            key={name}
            size="xs"
            label={<Name>{name}</Name>}
            checked={names.has(name)}
            onChange={(event) => toggle(name, event.currentTarget.checked)}
          />
        ))}
      </div>
    </details>
  );
}
