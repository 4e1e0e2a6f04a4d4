import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineLocalCommand, flag, text } from '../command.ts';
import { checkDataDirectory } from '../doctor/data-directory.ts';
import { checkPlatform } from '../doctor/platform.ts';
import { printChecks } from '../doctor/print-checks.ts';
import { EXIT } from '../exit-codes.ts';

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
    printChecks(checks, io, 'quarry doctor --json');
  },
  exitCode: ({ ok }) => (ok ? EXIT.ok : EXIT.unexpected),
});
