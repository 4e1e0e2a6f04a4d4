import { rereadCatalogue as endpoint } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { SystemContext } from './context.ts';

export const rereadCatalogue = (context: SystemContext) => route(endpoint, () => context.rereadCatalogue());
