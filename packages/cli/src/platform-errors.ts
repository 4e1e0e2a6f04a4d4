import {
  ApiError,
  AuthenticationError,
  ConnectionError,
  FilesFailedError,
  IntegrityError,
  InvalidResponseError,
  LocalFileError,
  type LocalFileProblem,
  NotFoundError,
  PermissionError,
  QuarryError,
  ServerError,
  TimeoutError,
  UnknownCallError,
} from '@quarry/sdk';
import type { ErrorReport } from './error-report.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

type ErrorClass = abstract new (...args: never[]) => QuarryError;

/** First match wins: code for programs, exit code, and the advice when the platform itself gave none. */
const table: readonly { of: ErrorClass; code: string; exitCode: ExitCode; hint?: string }[] = [
  {
    of: AuthenticationError,
    code: 'not_authenticated',
    exitCode: EXIT.notPermitted,
    hint: 'Save a good key with `quarry auth login`, or put it into RESCALE_API_KEY.',
  },
  {
    of: PermissionError,
    code: 'not_permitted',
    exitCode: EXIT.notPermitted,
    hint: 'Ask an administrator of the platform; `quarry auth status` shows who you are.',
  },
  { of: UnknownCallError, code: 'unknown_call', exitCode: EXIT.notFound },
  {
    of: NotFoundError,
    code: 'not_found',
    exitCode: EXIT.notFound,
    hint: 'Check the id (they are case-sensitive): `quarry jobs list`, `quarry files list`.',
  },
  {
    of: ServerError,
    code: 'platform_failed',
    exitCode: EXIT.unreachable,
    hint: "The fault is the platform's. Try again; `quarry doctor` looks for the reason.",
  },
  { of: ApiError, code: 'refused', exitCode: EXIT.refused },
  { of: TimeoutError, code: 'timeout', exitCode: EXIT.unreachable },
  {
    of: ConnectionError,
    code: 'unreachable',
    exitCode: EXIT.unreachable,
    hint: 'Check the address with `quarry auth status`, or start a platform here with `quarry serve`.',
  },
  { of: InvalidResponseError, code: 'not_a_platform', exitCode: EXIT.unreachable },
  { of: IntegrityError, code: 'integrity', exitCode: EXIT.integrity },
];

/** This machine's own disk: code for programs is the problem itself. */
const localExitCodes: Record<LocalFileProblem, ExitCode> = {
  disk_full: EXIT.diskFull,
  permission_denied: EXIT.permissionDenied,
  read_only: EXIT.readOnly,
  name_too_long: EXIT.nameTooLong,
  is_directory: EXIT.isDirectory,
  busy: EXIT.busy,
  not_found: EXIT.usage,
  not_a_file: EXIT.usage,
  not_directory: EXIT.usage,
  leads_outside: EXIT.usage,
  failed: EXIT.unexpected,
};

/** The report and exit code of an error of the SDK; undefined for any other error. */
export function describePlatformError(error: Error): { report: ErrorReport; exitCode: ExitCode } | undefined {
  if (!(error instanceof QuarryError)) {
    return undefined;
  }
  if (error instanceof LocalFileError) {
    const { problem, message, hint } = error;
    return { report: { code: problem, message, ...(hint && { hint }) }, exitCode: localExitCodes[problem] };
  }
  if (error instanceof FilesFailedError) {
    return describeFailedFiles(error);
  }
  const row = table.find(({ of }) => error instanceof of);
  const report: ErrorReport = { code: row?.code ?? 'refused', message: error.message };
  const hint = [error.hint ?? row?.hint, commandFor(error.message)].filter(Boolean).join('\n');
  if (hint) {
    report.hint = hint;
  }
  if (error instanceof ApiError) {
    report.status = error.status;
    if (error.code) {
      report.code = error.code;
    }
    if (error.requestId) {
      report.requestId = error.requestId;
    }
    if (error.fieldErrors.length > 0) {
      report.fields = error.fieldErrors;
    }
  }
  return { report, exitCode: row?.exitCode ?? EXIT.usage };
}

/** Many files that failed end as the first of them. */
function describeFailedFiles({ message, hint, failed }: FilesFailedError): {
  report: ErrorReport;
  exitCode: ExitCode;
} {
  const first = failed[0]?.error;
  const described = first instanceof Error ? describePlatformError(first) : undefined;
  const hints = [described?.report.hint, hint].filter(Boolean).join('\n');
  return {
    report: { code: described?.report.code ?? 'unexpected', message, ...(hints && { hint: hints }) },
    exitCode: described?.exitCode ?? EXIT.unexpected,
  };
}

/** The platform names lists by their addresses; here they are commands. */
function commandFor(message: string): string | undefined {
  const list = /The list is at (analyses|coretypes)\//.exec(message)?.[1];
  return list && `See \`quarry ${list}\`.`;
}
