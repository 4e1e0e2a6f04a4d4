import type { MemoryControl } from '@quarry/contract';
import type { Route } from '../../http/route.ts';
import { info } from './info.ts';
import { root } from './root.ts';

/** The endpoints about the server itself. */
export function serverRoutes(
  version: string,
  memoryControl: MemoryControl,
  requiresProject: boolean,
): Route[] {
  return [root(), info(version, memoryControl, requiresProject)];
}
