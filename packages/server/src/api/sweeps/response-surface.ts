import { getJobResponseSurface, type ResponseSurface } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { AnalysisThreads } from '../../sweeps/analysis/analysis-threads.ts';
import { findAnalysedSweep, refusing, type SweepsContext } from './context.ts';

const DEFAULT_DEGREE = 2;

export const responseSurface = (context: SweepsContext, threads: AnalysisThreads) =>
  route(getJobResponseSurface, async (call): Promise<ResponseSurface> => {
    const { output, size, readSample, warnings } = await findAnalysedSweep(context, call);
    const { degree = DEFAULT_DEGREE, interactions = true } = call.query;
    const kind = 'response-surface';
    const read = async () => ({ kind, output, degree, interactions, sample: await readSample() }) as const;
    const surface = await refusing(threads.run({ kind, degree, interactions, ...size }, read, call.signal));
    return { ...surface, warnings: [...warnings, ...surface.warnings] };
  });
