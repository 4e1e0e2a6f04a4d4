/**
 * `run-cases.ts DIRECTORY [--as UID] NUMBER...` runs small inputs that once met a fault, each a script that exits with 0
 * when the platform does right, against `quarry serve` on a fresh data directory; with `--as` as another user.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withServer } from './with-server.ts';

const { values, positionals } = parseArgs({ options: { as: { type: 'string' } }, allowPositionals: true });
const [directory, ...numbers] = positionals;
const names = await readdir(directory!);

const isGood = await withServer({ uid: values.as ? Number(values.as) : undefined }, async (served) => {
  for (const number of numbers) {
    const name = names.find((each) => each.startsWith(`${number}-`));
    if (name === undefined) {
      throw new Error(`There is no case ${number} in ${directory}.`);
    }
    process.stdout.write(`-- ${name}\n`);
    const run = spawn('/usr/bin/python3', [join(directory!, name)], {
      stdio: 'inherit',
      // The folder of the cases may be read-only.
      env: { ...process.env, BASE_URL: served.url, API_KEY: served.apiKey, PYTHONDONTWRITEBYTECODE: '1' },
    });
    const [code] = await once(run, 'exit');
    if (code !== 0) {
      process.stdout.write(`-- ${name} FAILED\n`);
      process.exitCode = 1;
    }
  }
});
if (!isGood) {
  process.exitCode = 1;
}
