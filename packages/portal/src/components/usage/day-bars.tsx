import type { UsageReport } from '@quarry/sdk';
import { formatNumber } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from './day-bars.module.css';

/** Core hours of each day; the figures are in the table by day. */
export function DayBars({ days }: { days: UsageReport['rows'] }) {
  const text = words.usage;
  const most = Math.max(0, ...days.map(({ coreHours }) => coreHours));
  const [first, last] = [days[0]?.key ?? '', days.at(-1)?.key ?? ''];
  return (
    <>
      <div className={styles.bars} role="img" aria-label={text.bars(first, last, formatNumber(most))}>
        {days.map(({ key, coreHours, isOngoing }) => (
          <div
            key={key}
            className={styles.bar}
            data-ongoing={isOngoing}
            title={`${key}: ${text.hours(formatNumber(coreHours))}`}
            style={{ height: most > 0 ? `${(coreHours / most) * 100}%` : 0 }}
          />
        ))}
      </div>
      <div className={styles.ends} aria-hidden>
        <span>{first}</span>
        <span>{last}</span>
      </div>
    </>
  );
}
