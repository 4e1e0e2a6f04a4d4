import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { LocalContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { findServerProgram, serverEnvironment } from '../server-process.ts';

export interface Check {
  name: string;
  status: 'ok' | 'warning' | 'error';
  message: string;
  hint: string | null;
  /** All that the message names the first few of. */
  items?: readonly string[];
}

const ANSWER_BYTES = 64 * 1024 * 1024;

/** Lets the server's own program look into a data directory; what it could not do is a check that failed. */
export async function checkDataDirectory(
  folder: string,
  readData: boolean,
  context: Pick<LocalContext, 'settings' | 'signal'>,
): Promise<Check[]> {
  const name = 'data directory';
  let program: string;
  try {
    program = findServerProgram('doctor');
  } catch (error) {
    if (!(error instanceof CliError)) {
      throw error;
    }
    return [{ name, status: 'warning', message: error.message, hint: error.hint ?? null }];
  }
  const args = [...process.execArgv, program, '--data', folder, ...(readData ? ['--read-data'] : [])];
  const { stdout, stderr } = await runToEnd(args, context);
  try {
    return readChecks(JSON.parse(stdout));
  } catch {
    const words = stderr.trim().split('\n').slice(-3).join(' ') || 'it printed nothing that can be read.';
    return [{ name, status: 'error', message: `${folder} could not be looked into: ${words}`, hint: null }];
  }
}

/** Runs a program of the server; it says in its output what it found, so its exit code is no news. */
async function runToEnd(
  args: string[],
  { settings, signal }: Pick<LocalContext, 'settings' | 'signal'>,
): Promise<{ stdout: string; stderr: string }> {
  const env = serverEnvironment(settings.environment);
  try {
    return await promisify(execFile)(process.execPath, args, { signal, env, maxBuffer: ANSWER_BYTES });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && 'stdout' in error && 'stderr' in error) {
      return { stdout: String(error.stdout), stderr: String(error.stderr) };
    }
    throw error;
  }
}

function readChecks(answer: { checks: Partial<Check>[] }): Check[] {
  return answer.checks.map(({ name, status, message, hint, items }) => ({
    name: name ?? 'data directory',
    status: status ?? 'error',
    message: message ?? '',
    hint: hint ?? null,
    ...(items ? { items } : {}),
  }));
}
