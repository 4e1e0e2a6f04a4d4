import type { Command as Program } from 'commander';
import { type Clock, systemClock } from './clock.ts';
import { readSettings } from './config.ts';
import { EXIT } from './exit-codes.ts';
import { interruptionOfThisProcess } from './interruption.ts';
import { type InputStream, Io } from './io.ts';
import { printError } from './output/json.ts';
import type { OutputStream } from './output/output-stream.ts';
import { printableLines } from './output/printable.ts';

/** The world around one call of `quarry`; tests bring their own. */
export interface Surroundings {
  stdin: InputStream;
  stdout: OutputStream;
  stderr: OutputStream;
  environment: Record<string, string | undefined>;
  clock: Clock;
  /** Fires when the user wants the work to end. */
  signal: AbortSignal;
  /** Gives the end of the work more time than usual, in milliseconds. */
  allowToEnd?: (milliseconds: number) => void;
}

/** Runs the command line of this process and leaves its exit code behind. */
export async function main(argv: readonly string[]): Promise<void> {
  endQuietlyWhenNobodyReads(process.stdout);
  endQuietlyWhenNobodyReads(process.stderr);
  process.exitCode = await run(argv, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    clock: systemClock,
    ...interruptionOfThisProcess(),
  });
}

/** Runs one command line in the given surroundings; answers with its exit code and never throws. */
export async function run(line: readonly string[], surroundings: Surroundings): Promise<number> {
  const { arrangeWords } = await import('./arrange-words.ts');
  const argv = await arrangeWords(line);
  const settings = readSettings(surroundings.environment);
  const given = flagsBeforeSeparator(argv);
  const io = new Io({
    ...surroundings,
    json: given.has('--json') || [...given].some((word) => word === '--jq' || word.startsWith('--jq=')),
    quiet: given.has('--quiet') || given.has('-q'),
    verbose: given.has('--verbose'),
    color: given.has('--no-color') ? false : settings.forceColor,
  });
  try {
    const { buildProgram } = await import('./program.ts');
    const state = { exitCode: EXIT.ok as number };
    const program: Program = buildProgram({ io, settings, state, ...surroundings });
    await program.parseAsync(argv, { from: 'user' });
    io.releaseWarnings();
    return state.exitCode;
  } catch (error) {
    return await reportFailure(error, io, surroundings.signal);
  }
}

async function reportFailure(error: unknown, io: Io, signal: AbortSignal): Promise<number> {
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')) {
    const { reportParseFailure } = await import('./program.ts');
    return reportParseFailure(error as Error & { code: string; exitCode: number }, io);
  }
  const { describeError } = await import('./errors.ts');
  const { report, exitCode } = signal.aborted
    ? { report: { code: 'interrupted', message: 'Interrupted.' }, exitCode: EXIT.interrupted }
    : await describeError(error);
  printError(io, report);
  if (io.verbose && error instanceof Error) {
    io.stderr.write(`${printableLines(error.stack ?? '')}\n`);
  }
  return exitCode;
}

/** The switches that decide how output looks must be known even when the rest of the line does not parse. */
function flagsBeforeSeparator(argv: readonly string[]): Set<string> {
  const end = argv.indexOf('--');
  return new Set(end === -1 ? argv : argv.slice(0, end));
}

/** `quarry jobs list | head` is not an error. */
function endQuietlyWhenNobodyReads(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') {
      process.exit(EXIT.ok);
    }
    throw error;
  });
}
