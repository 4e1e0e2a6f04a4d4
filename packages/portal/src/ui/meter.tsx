import styles from './meter.module.css';

interface MeterProps {
  label: string;
  value: number;
  max: number;
  /** The part of `value` that did not go well. */
  failed?: number;
}

/** How much of something known has come about; the figures stand beside it in words. */
export function Meter({ label, value, max, failed = 0 }: MeterProps) {
  const percent = (part: number) => `${max > 0 ? Math.min(100, (part / max) * 100) : 0}%`;
  return (
    <div
      className={styles.meter}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={Math.min(value, max)}
    >
      <div className={styles.good} style={{ width: percent(value - failed) }} />
      {failed > 0 && <div className={styles.bad} style={{ width: percent(failed) }} />}
    </div>
  );
}
