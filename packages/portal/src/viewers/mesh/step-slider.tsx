import { ActionIcon } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '../../ui/icons.ts';
import { mesh as words } from '../../words/en/mesh.ts';
import { formatCount } from '../../words/numbers.ts';
import styles from './mesh-view.module.css';
import type { Step } from './series.ts';

interface StepSliderProps {
  steps: readonly Step[];
  step: number;
  onStep: (step: number) => void;
}

/** The steps of a series, one of which is shown. */
export function StepSlider({ steps, step, onStep }: StepSliderProps) {
  const label = words.stepOf(steps[step]!.label, formatCount(step + 1), formatCount(steps.length));
  return (
    <div className={styles.slider}>
      <ActionIcon aria-label={words.previousStep} disabled={step === 0} onClick={() => onStep(step - 1)}>
        <IconChevronLeft size={18} aria-hidden />
      </ActionIcon>
      <input
        type="range"
        aria-label={words.step}
        aria-valuetext={label}
        min={0}
        max={steps.length - 1}
        value={step}
        onChange={(event) => onStep(Number(event.currentTarget.value))}
      />
      <ActionIcon
        aria-label={words.nextStep}
        disabled={step === steps.length - 1}
        onClick={() => onStep(step + 1)}
      >
        <IconChevronRight size={18} aria-hidden />
      </ActionIcon>
      <span>{label}</span>
    </div>
  );
}
