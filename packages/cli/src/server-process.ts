import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CliError } from './errors.ts';
import { EXIT } from './exit-codes.ts';

/** The oldest Node that has all that the server uses. */
const SERVER_NODE = 26;
/** How long a server may take until it is ready, and until it has ended. */
const START_MILLISECONDS = 30_000;
const STOP_MILLISECONDS = 10_000;
/** Lines of the server's log kept for the case that it fails. */
const LOG_LINES_KEPT = 20;

/** A server program of this installation: `main` serves, `doctor` looks at a data directory, `backup` copies one. Throws a `CliError` where none runs. */
export function findServerProgram(program: 'main' | 'doctor' | 'backup'): string {
  if (process.platform !== 'linux') {
    throw new CliError(`The platform runs on Linux only, and this is ${process.platform}.`, {
      code: 'no_server',
      hint: 'Start it on a Linux machine, and use it from here: quarry auth login --base-url URL',
      exitCode: EXIT.usage,
    });
  }
  if (Number(process.versions.node.split('.')[0]) < SERVER_NODE) {
    throw new CliError(
      `The platform needs Node ${SERVER_NODE} or newer, and this is Node ${process.versions.node}.`,
      {
        code: 'no_server',
        hint: 'Install again without --omit=optional (in a clone: npm ci without --omit=dev), which brings it, or use a newer Node.',
        exitCode: EXIT.unexpected,
      },
    );
  }
  const address = {
    main: import.meta.resolve('@quarry/server/main'),
    doctor: import.meta.resolve('@quarry/server/doctor'),
    backup: import.meta.resolve('@quarry/server/backup'),
  }[program];
  return fileURLToPath(address);
}

/**
 * The environment of a program of the server. Its own modules come from the compile cache only when Node knows of it before
 * the first of them is loaded.
 */
export function serverEnvironment(
  environment: Record<string, string | undefined>,
): Record<string, string | undefined> {
  const directory = getCompileCacheDir();
  return directory === undefined ? environment : { ...environment, NODE_COMPILE_CACHE: dirname(directory) };
}

export interface RunningServer {
  url: string;
  apiKey: string;
  dataDir: string;
  /** Asks the server to end and waits until it has. */
  stop: () => Promise<void>;
}

/** Starts a server as a child process and waits until it is ready; it ends with `stop`. */
export async function startServer(
  options: {
    dataDir: string;
    port: number;
    environment: Record<string, string | undefined>;
    onLog: (line: string) => void;
  },
  signal: AbortSignal,
): Promise<RunningServer> {
  const { dataDir, port, environment, onLog } = options;
  const program = findServerProgram('main');
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv,
      program,
      '--data',
      dataDir,
      '--port',
      String(port),
      '--end-with',
      String(process.pid),
      '--json',
    ],
    // A group of its own: Ctrl-C must not end the server before the job that runs on it.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: serverEnvironment(environment) },
  );
  const endWithThisProcess = () => child.kill('SIGTERM');
  process.once('exit', endWithThisProcess);
  child.once('close', () => process.off('exit', endWithThisProcess));
  const lastWords: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastWords.push(line);
    if (lastWords.length > LOG_LINES_KEPT) {
      lastWords.shift();
    }
    onLog(line);
  });
  try {
    const ready = await readReadyLine(child, lastWords, signal);
    return { ...ready, stop: () => stopProcess(child) };
  } catch (error) {
    await stopProcess(child);
    throw error;
  }
}

async function readReadyLine(
  child: ChildProcess,
  lastWords: readonly string[],
  signal: AbortSignal,
): Promise<{ url: string; apiKey: string; dataDir: string }> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(START_MILLISECONDS)]);
  const lines = createInterface({ input: child.stdout! });
  const ended = once(child, 'close', { signal: limit }).then(([code]) => {
    throw serverFailed(`The server ended with exit code ${code} before it was ready.`, lastWords);
  });
  const failed = once(child, 'error', { signal: limit }).then(([error]) => {
    throw serverFailed(`The server could not be started: ${(error as Error).message}.`, lastWords);
  });
  const line = once(lines, 'line', { signal: limit }).then(([text]) => String(text));
  try {
    return JSON.parse(await Promise.race([line, ended, failed]));
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.aborted) {
      throw error;
    }
    throw serverFailed(`The server was not ready within ${START_MILLISECONDS / 1000} s.`, lastWords);
  } finally {
    // The races that were not won end with the child, when nobody listens any more.
    for (const loser of [ended, failed, line]) {
      loser.catch(() => undefined);
    }
  }
}

function serverFailed(message: string, lastWords: readonly string[]): CliError {
  return new CliError([message, ...lastWords].join('\n'), {
    code: 'server_failed',
    hint: 'Its own words are above. `quarry doctor` looks at a data directory.',
    exitCode: EXIT.unexpected,
  });
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const ended = once(child, 'close');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
  await ended;
  clearTimeout(impatience);
}
