import type { CoreTypeTable, PriceTable } from './site/schema.ts';
import type { CoreType, Price } from './types.ts';

/** The plans of a job: low priority ends in `on-demand`, which clients look for; the others must not. */
const economyPlan = 'on-demand';
const priorityPlan = 'on-demand-priority';
const reservedPlan = 'reserved';

/** The two prices of a core type: from its price rows where there are any, else from its own table. */
export function priceBeside(
  table: CoreTypeTable,
  rows: readonly PriceTable[],
): Pick<CoreType, 'price' | 'lowPriorityPrice' | 'currency'> {
  const row = (plan: string) =>
    rows.find(({ coreType, planType, os }) => coreType === table.code && planType === plan && os === 'linux');
  const price = row(priorityPlan)?.amount ?? table.price ?? 0;
  return {
    price,
    lowPriorityPrice: row(economyPlan)?.amount ?? table.lowPriorityPrice ?? price,
    currency: (row(priorityPlan) ?? row(economyPlan))?.currency ?? table.currency,
  };
}

/**
 * Price rows in the order of the core types. Plans of Linux that a site says nothing about come from the
 * core type's own prices, so that each type has a row for each plan; nothing of an unavailable type is active.
 */
export function derivePrices(rows: readonly PriceTable[], coreTypes: readonly CoreType[]): Price[] {
  return coreTypes.flatMap((coreType) => {
    const own = rows.filter((row) => row.coreType === coreType.code);
    const derived = [
      { planType: priorityPlan, amount: coreType.price },
      { planType: reservedPlan, amount: coreType.lowPriorityPrice },
      { planType: economyPlan, amount: coreType.lowPriorityPrice },
    ]
      .filter(({ planType }) => !own.some((row) => row.planType === planType && row.os === 'linux'))
      .map((plan) => ({
        ...plan,
        os: 'linux',
        currency: coreType.currency,
        isActive: !coreType.isDeprecated,
      }));
    return [...own, ...derived].map((row) => ({
      coreType: coreType.code,
      planType: row.planType,
      os: row.os,
      isActive: row.isActive && coreType.available,
      amount: decimal(row.amount),
      currency: row.currency,
    }));
  });
}

/** A price as a decimal number in text: at least two digits after the point, at most six, never an exponent. */
export function decimal(amount: number): string {
  return amount.toFixed(6).replace(/0{1,4}$/, '');
}
