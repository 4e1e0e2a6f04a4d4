import type { ErrorReport } from '../error-report.ts';
import type { Io } from '../io.ts';
import { printable, printableJson } from './printable.ts';

/** Prints the one JSON value of a command: indented on a terminal, on one line elsewhere. */
export function printJson(io: Io, data: unknown): void {
  io.printJson(data, io.stdout.isTTY ? 2 : undefined);
}

/** Prints an error on stderr: one line of JSON with --json, words for people otherwise. */
export function printError(io: Io, report: ErrorReport): void {
  if (io.json) {
    const warnings = io.takeWarnings();
    io.stderr.write(
      `${printableJson(warnings.length > 0 ? { error: report, warnings } : { error: report })}\n`,
    );
    return;
  }
  const lines = report.message.split('\n').map(printable);
  io.stderr.write(`${io.styleError('red', 'error:')} ${lines.join('\n')}\n`);
  if (report.requestId && io.verbose) {
    io.stderr.write(`request ${printable(report.requestId)}\n`);
  }
  if (report.hint) {
    io.stderr.write(`${report.hint.split('\n').map(printable).join('\n')}\n`);
  }
}
