import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withoutProtection } from '../../oom-score.ts';
import { PROBE_GRACE_MS, PROBE_OUTPUT_BYTES, PROBE_TIMEOUT_MS } from '../limits.ts';

interface ProgramResult {
  /** Standard output and error as they came, cut at the limit. */
  readonly output: string;
  /** Null when it was ended by a signal or never started. */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
}

interface RunProgramOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs a program of the host to hear what it says about itself: no input, an empty directory of its own to
 * work in, an end after `timeoutMs` with all it started. A program that cannot start is an empty answer.
 */
export async function runProgram(
  path: string,
  args: readonly string[],
  { environment, timeoutMs = PROBE_TIMEOUT_MS, signal }: RunProgramOptions,
): Promise<ProgramResult> {
  const directory = await mkdtemp(join(tmpdir(), 'quarry-probe-'));
  try {
    return await run(path, args, directory, environment, timeoutMs, signal);
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

function run(
  path: string,
  args: readonly string[],
  cwd: string,
  environment: RunProgramOptions['environment'],
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = withoutProtection(() =>
      spawn(path, args, {
        cwd,
        env: { HOME: cwd, LANG: 'C.UTF-8', ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
        // Its own process group: whatever it starts is ended with it.
        detached: true,
      }),
    );
    const chunks: Buffer[] = [];
    let size = 0;
    let timedOut = false;
    const end = () => {
      if (child.pid === undefined) {
        return;
      }
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The group is gone already.
      }
    };
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, timeoutMs);
    const finish = (exitCode: number | null) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ output: Buffer.concat(chunks).toString('utf8'), exitCode, timedOut });
    };
    const collect = (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, PROBE_OUTPUT_BYTES - size));
      size = Math.min(PROBE_OUTPUT_BYTES, size + chunk.length);
      if (size === PROBE_OUTPUT_BYTES) {
        end();
      }
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', () => finish(null));
    // `close` comes with the end of the output, which something it started may hold open: then `exit` has to do.
    child.once('exit', (exitCode) => {
      const grace = setTimeout(() => {
        end();
        finish(exitCode);
      }, PROBE_GRACE_MS);
      child.once('close', () => clearTimeout(grace));
    });
    child.once('close', (exitCode) => finish(exitCode));
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) {
      end();
    }
  });
}
