import { count, formatMoney } from '../output/human.ts';
import { type HardwareChoice, pricePerCoreHour } from './core-types.ts';

/** What a job costs. */
export interface Estimate {
  /** For one hour. */
  perHour: number;
  /** If the job uses all the time it may; null when nobody tells how long that is. */
  amount: number | null;
  currency: string;
  /** How the amount comes about, in words and numbers; for one hour when no walltime is given. */
  formula: string;
  /** Hours that the amount is for: the walltime, or what the platform gives jobs without one. */
  hours: number | null;
  /** True when no walltime is given, and the platform gives such jobs none. */
  isLongest: boolean;
  /** True when no walltime is given, and the hours are what the platform gives such jobs. */
  isDefault: boolean;
}

/** Core-hour price x cores x slots x hours; undefined for a core type without a known price. */
export function estimateCost(
  choice: HardwareChoice,
  wish: {
    slots: number;
    walltimeHours: number | undefined;
    /** The platform's longest walltime, where it tells. */
    longestHours: number | undefined;
    lowPriority: boolean;
    currency: string;
  },
): Estimate | undefined {
  const { slots, walltimeHours, currency } = wish;
  if (!choice.type) {
    return undefined;
  }
  const price = pricePerCoreHour(choice.type, wish.lowPriority);
  if (!Number.isFinite(price)) {
    return undefined;
  }
  // Prices have few digits: this keeps 0.1 x 3 from becoming 0.30000000000000004.
  const costOf = (hours: number) => Number((price * choice.cores * slots * hours).toFixed(6));
  const hours = walltimeHours ?? wish.longestHours ?? null;
  const formula = [
    count(choice.cores, 'core'),
    count(slots, 'slot'),
    `${walltimeHours ?? 1} h`,
    `${price} ${currency} per core hour`,
  ].join(' x ');
  return {
    perHour: costOf(1),
    amount: hours === null ? null : costOf(hours),
    currency,
    formula: `${formula} = ${formatMoney(costOf(walltimeHours ?? 1), currency)}`,
    hours,
    isLongest: walltimeHours === undefined,
    isDefault: false,
  };
}
