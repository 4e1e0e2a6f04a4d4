import { z } from 'zod';
import { endpoint } from './endpoint.ts';

export const computePrice = z
  .strictObject({
    coreType: z.string(),
    /** Those ending in `on-demand` are the economy plan. */
    planType: z.string(),
    os: z.string(),
    isActive: z.boolean(),
    /** Per core and hour. */
    value: z.strictObject({ amount: z.string().regex(/^\d+(\.\d+)?$/), currency: z.string() }),
  })
  .meta({ id: 'ComputePrice' });
export type ComputePrice = z.output<typeof computePrice>;

export const listComputePrices = endpoint({
  method: 'GET',
  path: '/api/v2/billing/computeprices/',
  versions: ['v2', 'v3'],
  summary: 'Prices per core and hour; a bare list, not paged',
  tag: 'Billing',
  access: 'user',
  status: 200,
  response: z.array(computePrice),
});
