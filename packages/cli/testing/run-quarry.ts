import { Readable } from 'node:stream';
import { systemClock } from '../src/clock.ts';
import type { InputStream } from '../src/io.ts';
import { run } from '../src/main.ts';

export interface Ran {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** The whole environment: nothing of this process's own leaks in. */
  environment?: Record<string, string>;
  stdin?: string;
  /** Columns of the terminal that stdout and stderr are; none when absent. */
  columns?: number;
  signal?: AbortSignal;
}

/** Runs one command line inside this process and collects what it wrote. */
export async function runQuarry(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { columns } = options;
  const written = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (chunk: string | Uint8Array) => {
      written[name].push(Buffer.from(chunk));
      return true;
    },
    ...(columns !== undefined && { isTTY: true, columns }),
  });
  const exitCode = await run(argv, {
    stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]) as unknown as InputStream,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    environment: { HOME: '/nonexistent', ...options.environment },
    clock: systemClock,
    signal: options.signal ?? new AbortController().signal,
  });
  const text = (name: 'stdout' | 'stderr') => Buffer.concat(written[name]).toString('utf8');
  return { exitCode, stdout: text('stdout'), stderr: text('stderr') };
}
