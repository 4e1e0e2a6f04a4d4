import { writeSync } from 'node:fs';

const STANDARD_ERROR = 2;

/**
 * Writes a line to standard error, which is agent.log. Never fails: that file may lie on the disk that is full,
 * and an error of `process.stderr` would come back as an uncaught one, to be reported again.
 */
export function report(text: string): void {
  try {
    writeSync(STANDARD_ERROR, `${text}\n`);
  } catch {
    // There is nowhere else to say it.
  }
}
