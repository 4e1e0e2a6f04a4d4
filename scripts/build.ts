/**
 * `npm run build` makes what is installed outside of a clone, in `dist/`: a tarball of the SDK, one of the command `quarry`
 * with the platform, and an archive of that with its Node. `node scripts/build.ts sdk` makes one of them; the other two
 * want the portal to be built. Prints the path of each.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeArchive } from './build/archive.ts';
import { layCli } from './build/cli.ts';
import { readManifest } from './build/manifest.ts';
import { laySdk } from './build/sdk.ts';

const DIST = join(import.meta.dirname, '../dist');

async function pack(lay: (directory: string) => Promise<void>, directory: string): Promise<string> {
  await mkdir(directory);
  await lay(directory);
  const { stdout } = await promisify(execFile)(
    'npm',
    ['pack', '--silent', '--ignore-scripts', '--pack-destination', DIST],
    { cwd: directory },
  );
  return join(DIST, stdout.trim());
}

const staging = await mkdtemp(join(tmpdir(), 'quarry-build-'));
const { version } = await readManifest('cli');
let tarball: Promise<string> | undefined;
const packCli = () => {
  tarball ??= pack(layCli, join(staging, 'cli'));
  return tarball;
};
const kinds = {
  sdk: () => pack(laySdk, join(staging, 'sdk')),
  cli: packCli,
  archive: async () => makeArchive(await packCli(), { staging, into: DIST, version }),
};
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.keys(kinds).includes(name));
try {
  if (unknown.length > 0) {
    throw new Error(`There is no ${unknown.join(', ')} to build, but ${Object.keys(kinds).join(', ')}.`);
  }
  await mkdir(DIST, { recursive: true });
  for (const [name, make] of Object.entries(kinds)) {
    if (asked.length === 0 || asked.includes(name)) {
      process.stdout.write(`${await make()}\n`);
    }
  }
} finally {
  await rm(staging, { recursive: true });
}
