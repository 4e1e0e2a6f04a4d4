import { stat } from 'node:fs/promises';
import type { ErrorReport } from './error-report.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** A refusal by the command line itself: what is wrong, what to do, and the exit code it ends with. */
export class CliError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(
    message: string,
    { code, hint, exitCode, cause }: { code: string; hint?: string; exitCode: ExitCode; cause?: unknown },
  ) {
    super(message, { cause });
    this.name = 'CliError';
    this.code = code;
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** A command line, directive or local file that is not as it must be (exit code 2). */
export function usageError(message: string, hint?: string): CliError {
  return new CliError(message, { code: 'usage', hint, exitCode: EXIT.usage });
}

/** The refusal of a folder that is a file. */
export async function refuseFile(path: string, option: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isDirectory()) {
    return;
  }
  throw usageError(`${path} is a file; ${option} takes a folder.`, 'Name a folder, new or not.');
}

/** Turns anything thrown into its report and its exit code. */
export async function describeError(error: unknown): Promise<{ report: ErrorReport; exitCode: ExitCode }> {
  if (error instanceof CliError) {
    const { code, message, hint, exitCode } = error;
    return { report: { code, message, ...(hint && { hint }) }, exitCode };
  }
  const fromSdk = await describeSdkError(error);
  if (fromSdk) {
    return fromSdk;
  }
  if (isInterruption(error)) {
    return { report: { code: 'interrupted', message: 'Interrupted.' }, exitCode: EXIT.interrupted };
  }
  const system = describeSystemError(error);
  if (system) {
    return system;
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    report: {
      code: 'unexpected',
      message: message || 'Something unexpected happened.',
      hint: 'Run the command again with --verbose to see where it happened.',
    },
    exitCode: EXIT.unexpected,
  };
}

function isInterruption(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** Local files and disks: Node's own codes, in words; the problems are those that the SDK tells apart, too. */
const systemErrors: Record<string, { says: (path: string) => string; hint: string; exitCode: ExitCode }> = {
  ENOENT: {
    says: (path) => `There is no file ${path}.`,
    hint: 'Check the spelling and the folder you are in.',
    exitCode: EXIT.usage,
  },
  EACCES: {
    says: (path) => `You may not read or write ${path}.`,
    hint: 'Check who owns it and its permissions.',
    exitCode: EXIT.permissionDenied,
  },
  EPERM: {
    says: (path) => `The system does not let you do this with ${path}.`,
    hint: 'Check who owns it and its permissions.',
    exitCode: EXIT.permissionDenied,
  },
  EISDIR: {
    says: (path) => `${path} is a folder, not a file.`,
    hint: 'Name a file.',
    exitCode: EXIT.isDirectory,
  },
  ENOTDIR: {
    says: (path) => `A part of ${path} is a file, not a folder.`,
    hint: 'Choose another folder.',
    exitCode: EXIT.usage,
  },
  ENAMETOOLONG: {
    says: (path) => `${path} is longer than its file system allows.`,
    hint: 'Choose a shorter name, or a folder nearer to the root.',
    exitCode: EXIT.nameTooLong,
  },
  EROFS: {
    says: (path) => `${path} is on a file system that is read-only.`,
    hint: 'Choose another folder.',
    exitCode: EXIT.readOnly,
  },
  ENOSPC: {
    says: (path) => `The disk of ${path} is full.`,
    hint: 'Free some space, or choose another folder.',
    exitCode: EXIT.diskFull,
  },
  EDQUOT: {
    says: (path) => `Your quota on the disk of ${path} is used up.`,
    hint: 'Free some space, or choose another folder.',
    exitCode: EXIT.diskFull,
  },
};

function describeSystemError(error: unknown): { report: ErrorReport; exitCode: ExitCode } | undefined {
  if (!(error instanceof Error) || !('code' in error)) {
    return undefined;
  }
  const known = systemErrors[String(error.code)];
  if (!known) {
    return undefined;
  }
  const path = 'path' in error && error.path ? String(error.path) : 'this place';
  return {
    report: { code: String(error.code).toLowerCase(), message: known.says(path), hint: known.hint },
    exitCode: known.exitCode,
  };
}

async function describeSdkError(
  error: unknown,
): Promise<{ report: ErrorReport; exitCode: ExitCode } | undefined> {
  if (!(error instanceof Error)) {
    return undefined;
  }
  const { describePlatformError } = await import('./platform-errors.ts');
  return describePlatformError(error);
}
