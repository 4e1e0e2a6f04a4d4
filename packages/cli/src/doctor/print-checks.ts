import type { Io, Style } from '../io.ts';
import { count } from '../output/human.ts';
import { printable } from '../output/printable.ts';
import type { Check } from './data-directory.ts';

/** As wide as the word before a message. */
const INDENT = ' '.repeat(9);

/** So many of what is wrong a message names. */
const NAMED = 5;

const styles: Record<Check['status'], Style> = { ok: 'green', warning: 'yellow', error: 'red' };

/** Shows what a doctor found; `lister` is the command that names everything. */
export function printChecks(checks: readonly Check[], io: Io, lister: string): void {
  for (const { name, status, message, hint, items = [] } of checks) {
    io.print(`${io.style(styles[status], status.padEnd(7))}  ${printable(name)}: ${indented(message)}`);
    if (items.length > NAMED) {
      io.print(`${INDENT}${lister} lists all ${items.length}.`);
    }
    if (hint) {
      io.print(`${INDENT}${indented(hint)}`);
    }
  }
  io.print('');
  io.print(summary(checks));
}

/** Text of several lines, the later ones below the first. */
function indented(text: string): string {
  return text.split('\n').map(printable).join(`\n${INDENT}`);
}

function summary(checks: readonly Check[]): string {
  const [errors, warnings] = (['error', 'warning'] as const).map(
    (wanted) => checks.filter(({ status }) => status === wanted).length,
  ) as [number, number];
  if (errors > 0) {
    return `${count(errors, 'error')}, ${count(warnings, 'warning')}; see above.`;
  }
  return warnings > 0 ? `No errors; ${count(warnings, 'warning')}.` : 'Nothing is wrong.';
}
