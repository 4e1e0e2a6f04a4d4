import { getAnalysis } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { notFound } from '../../problems.ts';
import type { CatalogContext } from './context.ts';
import { analysisToWire, analysisToWireV3 } from './to-wire.ts';

export const analysis = ({ catalog }: CatalogContext) =>
  route(getAnalysis, async (call) => {
    const { code } = call.params;
    const found = catalog().analysis(code);
    if (!found) {
      throw notFound(`There is no analysis "${code}" here. The list is at analyses/.`);
    }
    return call.version === 'v3' ? analysisToWireV3(found) : analysisToWire(found);
  });
