import { getJobResponseSurface, type ResponseSurface } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { AnalysisThreads } from '../../sweeps/analysis/analysis-threads.ts';
import { readAnalysedSweep, refusing, type SweepsContext } from './context.ts';

const DEFAULT_DEGREE = 2;

export const responseSurface = (context: SweepsContext, threads: AnalysisThreads) =>
  route(getJobResponseSurface, async (call): Promise<ResponseSurface> => {
    const { sample, output, warnings } = await readAnalysedSweep(context, call);
    const { degree = DEFAULT_DEGREE, interactions = true } = call.query;
    const surface = await refusing(
      threads.run({ kind: 'response-surface', sample, output, degree, interactions }, call.signal),
    );
    return { ...surface, warnings: [...warnings, ...surface.warnings] };
  });
