import { listComputePrices } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { CatalogContext } from './context.ts';
import { priceToWire } from './to-wire.ts';

export const prices = ({ catalog }: CatalogContext) =>
  route(listComputePrices, async () => catalog().prices.map(priceToWire));
