import { getSystem } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { SystemContext } from './context.ts';

export const show = ({ state }: SystemContext) => route(getSystem, state);
