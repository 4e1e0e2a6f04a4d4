import { z } from 'zod';
import { endpoint } from './endpoint.ts';

/** What a core of one type costs for an hour under one plan. */
export const computePrice = z
  .strictObject({
    /** Code of the core type. */
    coreType: z.string(),
    /** `on-demand-priority` is normal priority, `on-demand` low priority (economy), `reserved` reserved cores. */
    planType: z.string(),
    /** Operating system that the price is for, such as `linux`. */
    os: z.string(),
    /** Whether jobs can be charged by it now. */
    isActive: z.boolean(),
    /** Price of a core for an hour. */
    value: z.strictObject({
      /** A decimal number, such as `0.05`. */
      amount: z.string().regex(/^\d+(\.\d+)?$/),
      /** Code of the currency, such as `USD`. */
      currency: z.string(),
    }),
  })
  .meta({ id: 'ComputePrice' });
export type ComputePrice = z.output<typeof computePrice>;

export const listComputePrices = endpoint({
  method: 'GET',
  path: '/api/v2/billing/computeprices/',
  versions: ['v2', 'v3'],
  summary: 'Prices per core and hour',
  description:
    'Every core type under every plan that the site has, as a bare list without pages. What a job costs is cores times hours times this; `cost` of the job tells it.',
  tag: 'Billing',
  access: 'user',
  status: 200,
  response: z.array(computePrice),
});
