import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CLIENT_CORE, pinned } from './cores.ts';

export interface Load {
  url: string;
  apiKey: string;
  seconds: number;
  connections: number;
  /** Requests per second over all connections; as many as are answered when absent. */
  rate?: number;
}

export interface Answered {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

interface AutocannonResult {
  '2xx': number;
  non2xx: number;
  errors: number;
  timeouts: number;
  duration: number;
  latency: { p50: number; p99: number };
}

/** Asks for one URL again and again from a process on a core of its own; throws when any answer is not a 2xx. */
export async function load({ url, apiKey, seconds, connections, rate }: Load): Promise<Answered> {
  const autocannon = fileURLToPath(import.meta.resolve('autocannon'));
  const [program, ...args] = pinned(CLIENT_CORE, [
    process.execPath,
    autocannon,
    ...['--json', '--no-progress', '--duration', String(seconds), '--connections', String(connections)],
    ...(rate === undefined ? [] : ['--overallRate', String(rate)]),
    ...['--headers', `Authorization=Token ${apiKey}`, url],
  ]);
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 2 ** 26 });
  const result = JSON.parse(stdout) as AutocannonResult;
  const wrong = result.non2xx + result.errors + result.timeouts;
  if (wrong > 0 || result['2xx'] === 0) {
    throw new Error(`Of the requests to ${url}, ${wrong} failed and ${result['2xx']} were answered.`);
  }
  return {
    perSecond: result['2xx'] / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}
