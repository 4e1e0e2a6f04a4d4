/** A thread that does one analysis. Messages: see analysis-threads.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { type AnalysisRequest, analyse } from './analyse.ts';
import type { AnalysisReply } from './analysis-threads.ts';
import { ImpossibleError } from './impossible.ts';

parentPort!.postMessage(reply(workerData as AnalysisRequest));

function reply(request: AnalysisRequest): AnalysisReply {
  try {
    return { answer: analyse(request) };
  } catch (error) {
    if (!(error instanceof ImpossibleError)) {
      throw error;
    }
    const { message, code, hint } = error;
    return { impossible: { message, code, hint } };
  }
}
