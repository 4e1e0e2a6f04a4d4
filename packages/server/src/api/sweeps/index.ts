import type { Route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import { createAnalysisThreads } from '../../sweeps/analysis/analysis-threads.ts';
import type { SweepsContext } from './context.ts';
import { responseSurface } from './response-surface.ts';
import { results } from './results.ts';
import { sensitivity } from './sensitivity.ts';

/** The endpoints about a sweep as a whole. */
export function sweepRoutes(context: SweepsContext): Route[] {
  const threads = createAnalysisThreads({
    threads: LIMITS.analysisThreads,
    seconds: LIMITS.analysisSeconds,
  });
  return [results(context), sensitivity(context, threads), responseSurface(context, threads)];
}
