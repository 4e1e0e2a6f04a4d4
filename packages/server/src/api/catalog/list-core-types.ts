import { listCoreTypes } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { inMemory, paginate } from '../paging.ts';
import type { CatalogContext } from './context.ts';
import { freeCores, freeOf } from './free-cores.ts';
import { matches } from './matches.ts';
import { coreTypeToWire, coreTypeToWireV3 } from './to-wire.ts';

export const coreTypes = ({ catalog, use }: CatalogContext) =>
  route(listCoreTypes, async (call) => {
    const { isActive, search } = call.query;
    const offered = catalog().coreTypes.filter(
      (each) => (isActive === undefined || each.available === isActive) && matches(each, search),
    );
    const free = freeOf(use());
    return paginate(call, inMemory(offered), (each) => ({
      ...(call.version === 'v3' ? coreTypeToWireV3(each) : coreTypeToWire(each)),
      freeCores: freeCores(each, free),
    }));
  });
