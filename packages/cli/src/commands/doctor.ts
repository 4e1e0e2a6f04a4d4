import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineLocalCommand, flag, text } from '../command.ts';
import { type Check, checkDataDirectory } from '../doctor/data-directory.ts';
import { checkPlatform } from '../doctor/platform.ts';
import { EXIT } from '../exit-codes.ts';
import type { Style } from '../io.ts';
import { count } from '../output/human.ts';
import { printable } from '../output/printable.ts';

/** As wide as the word before a message. */
const INDENT = ' '.repeat(9);

/** So many of what is wrong a message names. */
const NAMED = 5;

const styles: Record<Check['status'], Style> = { ok: 'green', warning: 'yellow', error: 'red' };

export default defineLocalCommand({
  details:
    'Looks at the platform from outside: whether it answers, its version, the key, the clocks. When there is a data ' +
    'directory on this machine, looks into that as well: structure, disk, sandbox, and with --read-data every byte. ' +
    'Exit code 0 means that no check found an error; warnings do not count.',
  options: {
    data: text('--data <folder>', 'data directory to look into; ~/.local/share/quarry if it exists'),
    readData: flag('--read-data', 'read every stored byte and compare its SHA-512; takes time'),
  },
  examples: [
    { command: 'quarry doctor', says: 'The platform in use, and the data directory of this machine' },
    { command: 'quarry doctor --data /srv/quarry --read-data', says: 'Every byte of a data directory' },
  ],
  async run({ data, readData }, context) {
    const { settings } = context;
    const standard = settings.defaultDataDirectory;
    const folder = data ?? (existsSync(join(standard, 'quarry.db')) ? standard : undefined);
    const checks = await checkPlatform(context, folder !== undefined);
    if (folder !== undefined) {
      checks.push(...(await checkDataDirectory(folder, readData, context)));
    }
    return { ok: checks.every(({ status }) => status !== 'error'), checks };
  },
  present({ checks }, io) {
    for (const { name, status, message, hint, items = [] } of checks) {
      io.print(`${io.style(styles[status], status.padEnd(7))}  ${printable(name)}: ${indented(message)}`);
      if (items.length > NAMED) {
        io.print(`${INDENT}quarry doctor --json lists all ${items.length}.`);
      }
      if (hint) {
        io.print(`${INDENT}${indented(hint)}`);
      }
    }
    io.print('');
    io.print(summary(checks));
  },
  exitCode: ({ ok }) => (ok ? EXIT.ok : EXIT.unexpected),
});

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
