/** Programs run as somebody for whom permissions count, root too. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Root may do what permissions forbid, unless this is taken from it. */
const OBEYING =
  process.getuid?.() === 0
    ? ['setpriv', ...['--bounding-set', '--inh-caps'].map((set) => `${set}=-dac_override,-dac_read_search`)]
    : [];

/** Runs a program of Node that obeys permissions, and returns the lines of JSON that it wrote. */
export async function linesAsAnybody(...argv: string[]): Promise<Record<string, unknown>[]> {
  const [program, ...rest] = [...OBEYING, process.execPath, ...argv];
  const child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const written = await text(child.stdout);
  return written
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
