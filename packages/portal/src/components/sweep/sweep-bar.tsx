import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import type { Job } from '@quarry/sdk';
import { useEffect, useState } from 'react';
import type { JobState } from '../../api/job-state.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { IconX } from '../../ui/icons.ts';
import { Name } from '../../ui/name.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { Best, Goal } from './best-run.ts';
import { type Brush, type Selection, withBrush } from './selection.ts';
import { tellValue } from './shown-axes.ts';
import styles from './sweep-parts.module.css';
import { outputs, type Sweep, type SweepColumn } from './sweep-table.ts';
import { RUN_STATES, type SweepView, writeBrushes } from './sweep-view.ts';
import { TakeAway } from './take-away.tsx';

const TYPING_MS = 200;

interface SweepBarProps {
  job: Job;
  state: JobState;
  sweep: Sweep;
  view: SweepView;
  output: SweepColumn | null;
  goal: Goal;
  best: Best | null;
  selection: Selection;
  onChange: (changes: Record<string, string | undefined>) => void;
}

/** What is looked at, which runs are selected, and what can be done with them. */
export function SweepBar(props: SweepBarProps) {
  const { job, state, sweep, view, output, goal, best, selection, onChange } = props;
  const text = words.sweep;
  const [typed, setTyped] = useState(view.text);
  useEffect(() => setTyped(view.text), [view.text]);
  const filter = useDebouncedCallback((q: string) => onChange({ q: q === '' ? undefined : q }), TYPING_MS);
  const isFixed = output !== null && job.optimizer?.objective.name === output.name;
  const present = new Set(sweep.states);
  const states = RUN_STATES.filter((each) => present.has(each) || view.states.includes(each));
  const toggle = (each: JobState) => {
    const next = RUN_STATES.filter((other) => (other === each) !== view.states.includes(other));
    onChange({ state: next.length === 0 ? undefined : next.join(',') });
  };

  return (
    <search className={styles.parts} aria-label={text.filter.label}>
      <div className={styles.bar}>
        {output !== null && (
          <>
            <NativeSelect
              size="xs"
              label={text.output}
              value={output.name}
              data={outputs(sweep).map(({ name }) => name)}
              onChange={(event) => onChange({ out: event.currentTarget.value })}
            />
            <fieldset className={styles.group}>
              <legend className="visually-hidden">{text.goal.label}</legend>
              {(['minimize', 'maximize'] as const).map((each) => (
                <ActionButton
                  key={each}
                  size="compact-sm"
                  variant={goal === each ? 'light' : 'default'}
                  aria-pressed={goal === each}
                  refusal={isFixed && goal !== each ? text.goalFixed : null}
                  onClick={() => onChange({ goal: each === 'minimize' ? undefined : each })}
                >
                  {text.goal[each]}
                </ActionButton>
              ))}
            </fieldset>
          </>
        )}
        <TextInput
          className={styles.filter}
          size="xs"
          label={text.filter.text}
          description={text.filter.hint}
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          value={typed}
          maxLength={500}
          spellCheck={false}
          error={selection.unknown === null ? null : text.filter.unknown(selection.unknown)}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            filter(event.currentTarget.value);
          }}
        />
        <fieldset className={styles.group}>
          <legend className="visually-hidden">{text.filter.state}</legend>
          {states.map((each) => (
            <Button
              key={each}
              size="compact-sm"
              variant={view.states.includes(each) ? 'light' : 'default'}
              aria-pressed={view.states.includes(each)}
              onClick={() => toggle(each)}
            >
              {words.jobs.states[each]}
            </Button>
          ))}
        </fieldset>
      </div>
      <div className={styles.take}>
        <strong>{text.counts.selected(formatCount(selection.rows.length), formatCount(sweep.count))}</strong>
        {view.brushes.map((brush) => (
          <Button
            key={brush.column}
            size="compact-sm"
            variant="light"
            aria-label={text.filter.removeBrush(brush.column)}
            onClick={() => onChange({ brush: writeBrushes(withBrush(view.brushes, brush.column, null)) })}
          >
            <Name>{tellBrush(sweep, brush)}</Name>
            <IconX size={14} aria-hidden />
          </Button>
        ))}
        {selection.isNarrowed && (
          <Button
            size="compact-sm"
            onClick={() => {
              setTyped('');
              onChange({ q: undefined, state: undefined, brush: undefined });
            }}
          >
            {text.filter.clear}
          </Button>
        )}
        <TakeAway
          job={job}
          state={state}
          sweep={sweep}
          selection={selection}
          brushes={view.brushes}
          best={best}
        />
      </div>
    </search>
  );
}

/** Such as `drag ≤ 0.3`, or the texts from one to another. */
function tellBrush(sweep: Sweep, { column, from, to }: Brush): string {
  const tell = (value: number) => tellValue(sweep.byName.get(column) ?? { categories: null }, value);
  if (from === to) {
    return `${column} = ${tell(from)}`;
  }
  const [low, high] = [
    Number.isFinite(from) ? `${tell(from)} ≤ ` : '',
    Number.isFinite(to) ? ` ≤ ${tell(to)}` : '',
  ];
  return `${low}${column}${high}`;
}
