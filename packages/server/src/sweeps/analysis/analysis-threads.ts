/** Analyses of large sweeps on threads of their own: they take seconds, in which requests must be served. */
import { Worker } from 'node:worker_threads';
import type { ResponseSurface, Sensitivity } from '@quarry/contract';
import type { AnalysisOf, AnalysisRequest, AnalysisSize } from './analyse.ts';
import { ImpossibleError } from './impossible.ts';

export type AnalysisReply =
  | { answer: Sensitivity | ResponseSurface }
  | { impossible: { message: string; code: string; hint: string } };

export interface AnalysisThreadsOptions {
  /** Threads that work at once; further requests wait for their turn. */
  threads: number;
  /** Seconds after which an analysis is given up. */
  seconds: number;
}

export interface AnalysisThreads {
  /**
   * Does an analysis of this size, whose numbers are read only when it has its turn: those that wait hold no memory.
   * Rejects with an ImpossibleError where it cannot be done. The signal gives it up.
   */
  run<Request extends AnalysisRequest>(
    size: AnalysisSize,
    read: () => Promise<Request>,
    signal: AbortSignal,
  ): Promise<AnalysisOf<Request>>;
}

/** Steps of arithmetic, some ten milliseconds, that are over before a thread is started. */
const STEPS_AT_ONCE = 2_000_000;

export function createAnalysisThreads(options: AnalysisThreadsOptions): AnalysisThreads {
  let free = options.threads;
  const waiting: Array<() => void> = [];
  const takeTurn = () => {
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise<void>((resolve) => waiting.push(resolve));
  };
  const passTurn = () => {
    const next = waiting.shift();
    if (next) {
      next();
    } else {
      free += 1;
    }
  };
  return {
    async run<Request extends AnalysisRequest>(
      size: AnalysisSize,
      read: () => Promise<Request>,
      signal: AbortSignal,
    ) {
      // Loaded with the first analysis: most servers never make one.
      const { analyse, stepsOf } = await import('./analyse.ts');
      if (stepsOf(size) < STEPS_AT_ONCE) {
        return analyse(await read()) as AnalysisOf<Request>;
      }
      await takeTurn();
      try {
        if (signal.aborted) {
          throw givenUp();
        }
        return (await onThread(await read(), signal, options)) as AnalysisOf<Request>;
      } finally {
        passTurn();
      }
    },
  };
}

async function onThread(
  request: AnalysisRequest,
  signal: AbortSignal,
  { seconds }: AnalysisThreadsOptions,
): Promise<Sensitivity | ResponseSurface> {
  if (signal.aborted) {
    throw givenUp();
  }
  const worker = new Worker(workerFile(), { workerData: request });
  // What it works on is lost with the server anyway: no reason to keep the process.
  worker.unref();
  const { promise, resolve, reject } = Promise.withResolvers<AnalysisReply>();
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('The thread of an analysis ended before its work was done.')));
  const giveUp = () => reject(givenUp());
  signal.addEventListener('abort', giveUp);
  const timer = setTimeout(() => reject(tooLong(seconds)), seconds * 1000);
  try {
    const reply = await promise;
    if ('answer' in reply) {
      return reply.answer;
    }
    const { message, ...about } = reply.impossible;
    throw new ImpossibleError(message, about);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
    await worker.terminate();
  }
}

function givenUp(): ImpossibleError {
  return new ImpossibleError('Nobody waits for this analysis any more.', {
    code: 'client_gone',
    hint: 'Ask again, and keep the connection open.',
  });
}

function tooLong(seconds: number): ImpossibleError {
  return new ImpossibleError(`This analysis takes more than ${seconds} seconds.`, {
    code: 'too_large',
    hint: 'Ask for a lower degree or another method, or get the table (GET jobs/{id}/results/?format=parquet) and analyse it yourself.',
  });
}

/** Node runs the source in a checkout and the compiled file in a published package. */
function workerFile(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./analysis-worker.${extension}`, import.meta.url);
}
