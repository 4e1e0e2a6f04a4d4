import type { ParserPort } from './chart-reader.ts';
import type { ChartRequest, Taken } from './chart-worker.ts';

interface PortOptions {
  /** The key of a preset; null for columns. */
  preset: string | null;
  /** Most rows that are kept. */
  capacity: number;
}

/** A worker of its own for one file, which ends with whoever looks at it. */
export function workerPort({ preset, capacity }: PortOptions): ParserPort {
  const worker = new Worker(new URL('./chart-worker.ts', import.meta.url), { type: 'module' });
  const waiting: Array<PromiseWithResolvers<Taken>> = [];
  const fail = (error: Error) => {
    for (const each of waiting.splice(0)) {
      each.reject(error);
    }
  };
  worker.onmessage = ({ data }: MessageEvent<Taken>) => waiting.shift()?.resolve(data);
  worker.onerror = ({ message }) => fail(new Error(message));
  const send = (request: ChartRequest, transfer: ArrayBuffer[] = []) => worker.postMessage(request, transfer);
  return {
    begin: () => send({ type: 'begin', preset, capacity }),
    push: (bytes) => {
      // A copy: what was read may be kept by whoever read it.
      const own = new Uint8Array(bytes);
      send({ type: 'bytes', bytes: own }, [own.buffer]);
    },
    take: ({ isWhole }) => {
      const taken = Promise.withResolvers<Taken>();
      waiting.push(taken);
      send({ type: 'take', isWhole });
      return taken.promise;
    },
    close: () => worker.terminate(),
  };
}
