import { NumberInput } from '@mantine/core';
import { useId } from 'react';
import { words } from '../../../words/words.ts';
import styles from '../variables/variables.module.css';

interface RunSliderProps {
  run: number;
  count: number;
  onChange: (run: number) => void;
}

/** Which run is shown: by a slider, or as a number where there are thousands. */
export function RunSlider({ run, count, onChange }: RunSliderProps) {
  const text = words.variables.templates;
  const id = useId();
  return (
    <div className={styles.slider}>
      <div>
        <label htmlFor={id}>{text.slider}</label>
        <input
          id={id}
          type="range"
          min={1}
          max={count}
          step={1}
          value={run}
          onChange={(event) => onChange(event.currentTarget.valueAsNumber)}
        />
      </div>
      <NumberInput
        label={text.number}
        min={1}
        max={count}
        allowDecimal={false}
        value={run}
        onChange={(value) => onChange(typeof value === 'number' ? Math.min(Math.max(value, 1), count) : 1)}
      />
    </div>
  );
}
