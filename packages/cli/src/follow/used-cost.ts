import type { Job } from '@quarry/sdk';
import { count, formatDuration, formatMoney } from '../output/human.ts';

/** What the time that a job has used costs. */
export interface UsedCost {
  amount: number;
  currency: string;
  /** How the amount comes about, in words and numbers. */
  formula: string;
  elapsedSeconds: number;
}

/** `2 cores x 1 slot x 336 h x 0.05 USD per core hour`, the formula of the estimate: slots as they were granted. */
const ESTIMATE = /^(\d+) cores? x (\d+) slots? x [\d.]+ h x ([\d.]+) (\S+) per core hour/;

/**
 * Elapsed walltime x cores x slots x price per core-hour. The numbers are those that the platform itself reckoned
 * with when the job was submitted, since prices change; null where it does not tell them.
 */
export function usedCost({ elapsedWalltimeSeconds, cost }: Pick<Job, 'elapsedWalltimeSeconds' | 'cost'>) {
  const parts = ESTIMATE.exec(cost?.estimate?.formula ?? '');
  if (!parts || typeof elapsedWalltimeSeconds !== 'number') return null;
  const [cores, slots, price] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const currency = parts[4]!;
  const amount = Number(((elapsedWalltimeSeconds / 3600) * cores * slots * price).toFixed(6));
  const used: UsedCost = {
    amount,
    currency,
    elapsedSeconds: elapsedWalltimeSeconds,
    formula:
      `${formatDuration(elapsedWalltimeSeconds)} x ${count(cores, 'core')} x ${count(slots, 'slot')} x ` +
      `${price} ${currency} per core-hour = ${formatMoney(amount, currency)}`,
  };
  return used;
}
