import type { UsageSums } from '@quarry/sdk';
import layout from '../../ui/layout.module.css';
import { formatMoney, formatNumber } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';

/** What something has cost, in each currency that there are prices in. */
export function formatCost({ amounts }: Pick<UsageSums, 'amounts'>): string {
  return amounts.map(({ amount, currency }) => formatMoney(amount, currency)).join(', ') || '0';
}

/** Cost and core hours, and whether they still grow. */
export function Sums({ sums }: { sums: UsageSums }) {
  const text = words.usage;
  return (
    <>
      <p className={layout.figure}>{formatCost(sums)}</p>
      <p>{text.hours(formatNumber(sums.coreHours))}</p>
      {sums.isOngoing && <p className="muted">{text.goesOn}</p>}
    </>
  );
}
