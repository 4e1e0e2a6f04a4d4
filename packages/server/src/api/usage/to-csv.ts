import type { UsageReport, UsageSums } from '@quarry/contract';
import { csvLine } from '../../sweeps/analysis/csv.ts';

/** A report as CSV: a line for each row and currency. Core hours stand in the first line of a row, so that columns can be summed. */
export function reportToCsv({ by, rows, rest }: UsageReport): string {
  return [
    csvLine([by, 'name', 'coreHours', 'amount', 'currency', 'isOngoing']),
    ...rows.map((row) => linesOf(row.key, row.name, row)),
    ...(rest === null ? [] : [linesOf(null, 'all others', rest)]),
  ].join('');
}

function linesOf(
  key: string | null,
  name: string | null,
  { coreHours, amounts, isOngoing }: UsageSums,
): string {
  const first = amounts[0] ?? { amount: '0.00', currency: null };
  return [first, ...amounts.slice(1)]
    .map(({ amount, currency }, index) =>
      csvLine([key, name, index === 0 ? coreHours : 0, Number(amount), currency, isOngoing]),
    )
    .join('');
}
