import { count, formatMoney } from '../output/human.ts';
import { type HardwareChoice, pricePerCoreHour } from './core-types.ts';

/** What a job costs if it uses all the time it may. */
export interface Estimate {
  amount: number;
  currency: string;
  /** How the amount comes about, in words and numbers. */
  formula: string;
  /** Hours that the amount is for; 1 when no walltime is given. */
  hours: number;
}

/** Core-hour price x cores x slots x hours; undefined for a core type without a known price. */
export function estimateCost(
  choice: HardwareChoice,
  {
    slots,
    walltimeHours,
    lowPriority,
    currency,
  }: { slots: number; walltimeHours: number | undefined; lowPriority: boolean; currency: string },
): Estimate | undefined {
  if (!choice.type) return undefined;
  const price = pricePerCoreHour(choice.type, lowPriority);
  if (!Number.isFinite(price)) return undefined;
  const hours = walltimeHours ?? 1;
  // Prices have few digits: this keeps 0.1 x 3 from becoming 0.30000000000000004.
  const amount = Number((price * choice.cores * slots * hours).toFixed(6));
  const formula = [
    count(choice.cores, 'core'),
    count(slots, 'slot'),
    `${hours} h`,
    `${price} ${currency} per core-hour`,
  ].join(' x ');
  return { amount, currency, formula: `${formula} = ${formatMoney(amount, currency)}`, hours };
}
