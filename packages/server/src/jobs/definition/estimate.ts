import type { Catalog } from '../../catalog/types.ts';

/** Amounts and hours are rounded to this many digits behind the point: jobs may be short and cores cheap. */
const DIGITS = 6;

export interface Rate {
  /** Price of a core for an hour, a decimal number. */
  pricePerCoreHour: string;
  currency: string;
}

/** What a core of a type costs for an hour, by priority; nothing when the site has no such price. */
export function rateOf(catalog: Catalog, coreType: string, lowPriority: boolean): Rate | null {
  const row = catalog.price(coreType, lowPriority ? 'on-demand' : 'on-demand-priority');
  return row ? { pricePerCoreHour: row.amount, currency: row.currency } : null;
}

/** The cost of a cluster that is held for a time, with the formula that gives it. */
export function costOf(rate: Rate, cluster: { coresPerSlot: number; slots: number; hours: number }) {
  const { coresPerSlot, slots, hours } = cluster;
  const amount = Number(rate.pricePerCoreHour) * coresPerSlot * slots * hours;
  return {
    amount: money(amount),
    currency: rate.currency,
    formula: `${count(coresPerSlot, 'core')} x ${count(slots, 'slot')} x ${trimmed(hours)} h x ${rate.pricePerCoreHour} ${rate.currency} per core hour`,
  };
}

/** A decimal text with at least two digits behind the point. */
export function money(amount: number): string {
  return amount.toFixed(DIGITS).replace(/0{1,4}$/, '');
}

function trimmed(hours: number): string {
  return String(Number(hours.toFixed(DIGITS)));
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
