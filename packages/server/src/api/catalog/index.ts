import type { Route } from '../../http/route.ts';
import type { CatalogContext } from './context.ts';
import { analysis } from './get-analysis.ts';
import { analyses } from './list-analyses.ts';
import { coreTypes } from './list-core-types.ts';
import { prices } from './list-prices.ts';

/** The endpoints of what the site offers. */
export function catalogRoutes(context: CatalogContext): Route[] {
  return [coreTypes(context), analyses(context), analysis(context), prices(context)];
}
