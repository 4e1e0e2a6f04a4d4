import { ActionIcon, NumberInput } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '../../ui/icons.ts';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from './run-chooser.module.css';

interface RunChooserProps {
  /** How many runs the job has. */
  runs: number;
  runId: string;
  onChange: (runId: string) => void;
}

/** Which run of a sweep is shown; a job of one run has nothing to choose. */
export function RunChooser({ runs, runId, onChange }: RunChooserProps) {
  const { chooser } = words.job;
  const current = Number(runId);
  if (runs <= 1) {
    return null;
  }
  return (
    <div className={styles.chooser}>
      <ActionIcon
        aria-label={chooser.previous}
        disabled={current <= 1}
        onClick={() => onChange(String(current - 1))}
      >
        <IconChevronLeft size={18} aria-hidden />
      </ActionIcon>
      <NumberInput
        aria-label={chooser.label}
        className={styles.number}
        size="sm"
        min={1}
        max={runs}
        allowDecimal={false}
        value={current}
        hideControls
        onChange={(value) => {
          if (typeof value === 'number' && value >= 1 && value <= runs) {
            onChange(String(value));
          }
        }}
      />
      <span className="muted">{chooser.of(formatCount(runs))}</span>
      <ActionIcon
        aria-label={chooser.next}
        disabled={current >= runs}
        onClick={() => onChange(String(current + 1))}
      >
        <IconChevronRight size={18} aria-hidden />
      </ActionIcon>
    </div>
  );
}
