import type { Catalog } from '../catalog/types.ts';

/** Prices are decimal texts; amounts are rounded to this many digits behind the point. */
const DIGITS = 4;

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
    amount: amount.toFixed(DIGITS),
    currency: rate.currency,
    formula: `${count(coresPerSlot, 'core')} x ${count(slots, 'slot')} x ${trimmed(hours)} h x ${rate.pricePerCoreHour} ${rate.currency} per core hour`,
  };
}

function trimmed(hours: number): string {
  return String(Number(hours.toFixed(DIGITS)));
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
