import { execFile } from 'node:child_process';
import { withoutProtection } from '../oom-score.ts';

/**
 * Runs a program of ours in a process of its own, with an environment of its own. Resolves when the process is gone: it may
 * have the database open, and whoever has that open last tidies its files. `error` is null when it ended with 0.
 */
export function runProgram(
  args: readonly string[],
  options: {
    environment: Record<string, string>;
    /** After so long it is killed. */
    seconds: number;
    /** More it may not print. */
    mostBytes: number;
    signal: AbortSignal;
  },
): Promise<{ stdout: string; stderr: string; error: Error | null }> {
  const gone = Promise.withResolvers<void>();
  return new Promise((resolve) => {
    const child = withoutProtection(() =>
      execFile(
        process.execPath,
        args,
        {
          cwd: '/',
          env: options.environment,
          timeout: options.seconds * 1000,
          killSignal: 'SIGKILL',
          maxBuffer: options.mostBytes,
          signal: options.signal,
        },
        async (error, stdout, stderr) => {
          // It is told of a signal before that has reached the process.
          await gone.promise;
          resolve({ stdout, stderr, error });
        },
      ),
    );
    child.once('exit', () => gone.resolve());
    if (child.pid === undefined) {
      gone.resolve();
    }
  });
}
