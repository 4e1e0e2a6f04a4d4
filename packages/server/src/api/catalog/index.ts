import { getAnalysis, listAnalyses, listComputePrices, listCoreTypes } from '@quarry/contract';
import {
  analysisToWire,
  analysisToWireV3,
  coreTypeToWire,
  coreTypeToWireV3,
  priceToWire,
} from '../../catalog/to-wire.ts';
import type { Catalog } from '../../catalog/types.ts';
import { type Route, route } from '../../http/route.ts';
import { notFound } from '../../problems.ts';
import { inMemory, paginate } from '../paging.ts';

/** The endpoints of what the site offers. */
export function catalogRoutes(catalog: () => Catalog): Route[] {
  return [
    route(listCoreTypes, async (call) => {
      const { isActive, search } = call.query;
      const offered = catalog().coreTypes.filter(
        (each) => (isActive === undefined || each.available === isActive) && matches(each, search),
      );
      return paginate(call, inMemory(offered), (each) =>
        call.version === 'v3' ? coreTypeToWireV3(each) : coreTypeToWire(each),
      );
    }),
    route(listAnalyses, async (call) =>
      paginate(
        call,
        inMemory(catalog().analyses.filter((each) => matches(each, call.query.search))),
        (each) => (call.version === 'v3' ? analysisToWireV3(each) : analysisToWire(each)),
      ),
    ),
    route(getAnalysis, async (call) => {
      const analysis = catalog().analysis(call.params.code);
      if (!analysis)
        throw notFound(`There is no analysis "${call.params.code}" here. The list is at analyses/.`);
      return call.version === 'v3' ? analysisToWireV3(analysis) : analysisToWire(analysis);
    }),
    route(listComputePrices, async () => catalog().prices.map(priceToWire)),
  ];
}

/** Whether a part of the name or the code is what was searched for, upper and lower case alike. */
function matches({ name, code }: { name: string; code: string }, search: string | undefined): boolean {
  if (search === undefined) return true;
  const part = search.toLowerCase();
  return name.toLowerCase().includes(part) || code.toLowerCase().includes(part);
}
