/** Loads from a process on a core of its own. Both throw when any answer is not as it should be. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CLIENT_CORE, pinned } from './cores.ts';

interface AutocannonResult {
  '2xx': number;
  non2xx: number;
  errors: number;
  timeouts: number;
  duration: number;
}

/** As many requests as are answered on some connections: how many per second. */
export async function loadFully(
  url: string,
  apiKey: string,
  { seconds, connections }: { seconds: number; connections: number },
): Promise<number> {
  const stdout = await runPinned([
    fileURLToPath(import.meta.resolve('autocannon')),
    ...['--json', '--no-progress', '--duration', String(seconds), '--connections', String(connections)],
    ...['--headers', `Authorization=Token ${apiKey}`, url],
  ]);
  const result = JSON.parse(stdout) as AutocannonResult;
  const wrong = result.non2xx + result.errors + result.timeouts;
  if (wrong > 0 || result['2xx'] === 0) {
    throw new Error(`Of the requests to ${url}, ${wrong} failed and ${result['2xx']} were answered.`);
  }
  return result['2xx'] / result.duration;
}

/** So many requests per second at even distances: how long they wait for their answers. */
export async function loadSteadily(
  url: string,
  apiKey: string,
  { rate, seconds, warmUpSeconds }: { rate: number; seconds: number; warmUpSeconds: number },
): Promise<{ p50Ms: number; p99Ms: number }> {
  const program = fileURLToPath(new URL('./steady-load.ts', import.meta.url));
  return JSON.parse(await runPinned([program, url, apiKey, ...[rate, seconds, warmUpSeconds].map(String)]));
}

async function runPinned(args: string[]): Promise<string> {
  const [program, ...rest] = pinned(CLIENT_CORE, [process.execPath, ...args]);
  const { stdout } = await promisify(execFile)(program, rest, { maxBuffer: 2 ** 26 });
  return stdout;
}
