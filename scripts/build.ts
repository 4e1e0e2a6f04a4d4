/**
 * `npm run build` makes what is installed outside of a clone, in `dist/`: a tarball of the SDK, and one of the command `quarry`
 * with the platform. Prints the path of each.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { layCli } from './build/cli.ts';
import { laySdk } from './build/sdk.ts';

const DIST = join(import.meta.dirname, '../dist');
const LAYOUTS = { sdk: laySdk, cli: layCli };

const staging = await mkdtemp(join(tmpdir(), 'quarry-build-'));
try {
  await mkdir(DIST, { recursive: true });
  for (const [name, lay] of Object.entries(LAYOUTS)) {
    const directory = join(staging, name);
    await mkdir(directory);
    await lay(directory);
    const { stdout } = await promisify(execFile)(
      'npm',
      ['pack', '--silent', '--ignore-scripts', '--pack-destination', DIST],
      { cwd: directory },
    );
    process.stdout.write(`${join(DIST, stdout.trim())}\n`);
  }
} finally {
  await rm(staging, { recursive: true });
}
