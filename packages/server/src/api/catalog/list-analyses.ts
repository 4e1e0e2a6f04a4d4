import { listAnalyses } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { inMemory, paginate } from '../paging.ts';
import type { CatalogContext } from './context.ts';
import { matches } from './matches.ts';
import { analysisToWire, analysisToWireV3 } from './to-wire.ts';

export const analyses = ({ catalog }: CatalogContext) =>
  route(listAnalyses, async (call) => {
    const offered = catalog().analyses.filter((each) => matches(each, call.query.search));
    return paginate(call, inMemory(offered), (each) =>
      call.version === 'v3' ? analysisToWireV3(each) : analysisToWire(each),
    );
  });
